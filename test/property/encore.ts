import { task as described, webhook } from '../support/service';
import { type Answered, call } from './callers';
import type { Stage } from './history';
import type { StartAnswer } from './listener';
import type { EncoreStep, Plan } from './plan';
import { keysOf } from './verdict';
import type { ActiveTask } from './watch';

/** Statuses that may answer an addition or a rerun, whatever happens beside it. */
const ANSWERS = { add: [201, 400, 409], rerun: [200, 409] };

/** A history whose tasks have all ended. */
interface Played {
  batch: string;
  ids: readonly string[];
  number: number;
  plan: Plan;
  stage: Stage;
}

/** What follows a history: several callers rerun its tasks and add others. Nothing fails by itself. */
export class Encore {
  readonly faults: string[] = [];
  /** Ids of all tasks of the batch, added ones included. */
  readonly ids: string[];
  /** Start calls, by task and attempt. */
  private readonly starts = new Map<string, number>();
  /** The attempt that each task was at before. */
  private attemptsBefore = new Map<string, number>();
  private added = 0;

  constructor(private readonly played: Played) {
    this.ids = [...played.ids];
  }

  async begin(): Promise<void> {
    const tasks = await this.played.stage.watch.tasks();
    this.attemptsBefore = new Map(tasks.map(({ id, attempt }) => [id, attempt]));
    await Promise.all(
      this.played.plan.encore.map(async (steps) => {
        for (const step of steps) await this.step(step);
      }),
    );
  }

  async start(id: string, attempt: number): Promise<StartAnswer> {
    const key = `${id} ${attempt}`;
    this.starts.set(key, (this.starts.get(key) ?? 0) + 1);
    const { hinderedAtFirst, early, unsent } = await this.played.stage.watch.atAStart(id, attempt);
    if (hinderedAtFirst) this.faults.push(`${key} started before its parents allowed it`);
    if (early) this.faults.push(`${key} started before its time`);
    if (unsent > 0) this.faults.push(`${key} started before ${unsent} cancel calls`);
    return { status: 200, body: {} };
  }

  /** Moves on what nothing else moves. */
  async drive({ id, status, later, attempt }: ActiveTask, replica: number): Promise<void> {
    const { url } = this.played.stage.replicas[replica];
    const handle = `/task/${id}?attempt=${attempt}`;
    if (status === 'Paused') await call(url, 'PATCH', `/task/resume/${id}`);
    else if (later) await call(url, 'PATCH', `/task/${id}`, { run_at: null });
    else if (Number.parseInt(id.slice(-1), 16) > 1) await call(url, 'PATCH', handle, { status: 'Success' });
    else await call(url, 'PATCH', handle, { status: 'Failure', failure_reason: 'Again', retry: false });
  }

  /** Returns a sentence for each violation of the contract. */
  async faultsOf(notices: ReadonlyMap<string, number>): Promise<string[]> {
    const { batch, plan, stage } = this.played;
    const starts = [...this.starts].flatMap(([key, times]) => {
      const [id, attempt] = key.split(' ');
      if (times > 1) return `${key} was started ${times} times`;
      return Number(attempt) <= (this.attemptsBefore.get(id) ?? 0) ? `${key} was started, but not rerun` : [];
    });
    const events = Array.from({ length: await stage.watch.completionsOf(batch) }, (_, n) =>
      n === 0 ? `batch:${batch}:complete` : `batch:${batch}:complete:${n + 1}`,
    );
    const wanted = events.flatMap((event) => keysOf(event, plan.onComplete)).sort();
    const told = [...notices.keys()].filter((key) => key.startsWith(`batch:${batch}:`)).sort();
    const completions = wanted.join() === told.join() ? [] : [`wanted ${wanted.join()}, but told ${told.join()}`];
    return [...this.faults, ...starts, ...completions];
  }

  private async step(step: EncoreStep): Promise<void> {
    const { url } = this.played.stage.replicas[step.replica];
    const [path, body] = step.deed === 'add' ? this.addition(step, await this.waiting()) : this.rerun(step);
    const answer = await call<{ id: string }[]>(url, 'POST', path, body);
    const allowed = step.deed === 'add' ? ANSWERS.add : ANSWERS.rerun;
    if (!allowed.includes(answer.status)) this.faults.push(`${step.deed}: ${answer.status} ${said(answer)}`);
    if (answer.status === 201) this.ids.push(...answer.body.map(({ id }) => id));
    if (answer.status === 400 && !said(answer).includes('would close a cycle')) this.faults.push(said(answer));
  }

  private rerun({ deed, named, flag: downstream }: EncoreStep): [path: string, body?: object] {
    if (deed === 'rerun batch') return [`/batch/${this.played.batch}/rerun`, { downstream }];
    if (deed === 'rerun one') return [`/task/${this.idsOf(named)[0]}/rerun`, { downstream }];
    return [`/batch/${this.played.batch}/rerun`, { task_ids: this.idsOf(named), downstream }];
  }

  private addition({ named, before, flag }: EncoreStep, waiting: readonly string[]): [path: string, body: object] {
    const { batch, number, stage } = this.played;
    const link = (id: string) => ({ id, requires_success: flag });
    const [first, second] = [`added ${this.added++}`, `added ${this.added++}`];
    const on_start = webhook(stage.url('/start'), { body: { history: number, task: -1 } });
    const notice = [webhook(stage.url('/notice'))];
    const tasks = [
      described(first, '', { on_start, dependencies: this.idsOf(named).map(link), on_success: notice }),
      described(second, '', {
        on_start,
        dependencies: [link(first)],
        before: this.idsOf(before, waiting.length > 0 ? waiting : this.ids).map(link),
        on_failure: notice,
      }),
    ];
    return [`/batch/${batch}/task`, { tasks }];
  }

  private async waiting(): Promise<string[]> {
    const active = await this.played.stage.watch.active();
    return active.filter(({ id, status }) => status === 'Waiting' && this.ids.includes(id)).map(({ id }) => id);
  }

  private idsOf(numbers: readonly number[], ids: readonly string[] = this.ids): string[] {
    return [...new Set(numbers.map((n) => ids[n % ids.length]))];
  }
}

const said = ({ body }: Answered<unknown>): string => JSON.stringify(body);
