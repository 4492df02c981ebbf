import type { Service } from '../support/service';
import { TimeoutLoop } from '../../src/task/loops/timeout.loop';
import { provider, task as describedTask, webhook } from '../support/service';
import type { StartAnswer } from './listener';
import type { Callers, Deed, Plan, Step } from './plan';
import type { Watch } from './watch';

/** Statuses that a deed may be answered with, whatever happens beside it. */
const ANSWERS: Record<Exclude<Deed, 'silence'>, readonly number[]> = {
  succeed: [200, 404],
  fail: [200, 404],
  count: [202],
  note: [200, 404],
  cancel: [200, 400],
  pause: [200, 400],
  resume: [200, 400],
  read: [200],
  stop: [200],
};

const ENDS = ['Success', 'Failure', 'Canceled'];
const LANES = 2;

/** An end that the service has told somebody of. */
interface ToldEnd {
  task: number;
  status: string;
  /** Known to whoever brought the end about. */
  reason?: string | null;
}

/** One batch, the callers who act on it, and all that they were answered. */
export class History {
  /** Sentences about what ought not to have happened. */
  readonly faults: string[] = [];
  /** Start calls of each task. */
  readonly starts: number[];
  /** Ends that callers brought about: at most one a task. */
  readonly won: ToldEnd[] = [];
  /** Ends that callers saw. */
  readonly seen: ToldEnd[] = [];
  /** Increments that were acknowledged, by task. */
  readonly counted: { success: number; failures: number }[];
  readonly silenced = new Set<number>();
  stops = 0;
  /** What is under way: start calls being answered and the reactions to them. */
  busy = 0;
  batch: string;
  /** UUIDs of the tasks. */
  ids: string[];
  private created: Promise<void>;

  constructor(
    readonly number: number,
    readonly plan: Plan,
    private readonly replicas: readonly Service[],
    private readonly watch: Watch,
    private readonly url: (path: string) => string,
  ) {
    this.starts = plan.tasks.map(() => 0);
    this.counted = plan.tasks.map(() => ({ success: 0, failures: 0 }));
  }

  /** Creates the batch and does what is done to it first. */
  begin(): Promise<void> {
    return this.during(async () => {
      this.created = this.create();
      await this.created;
      await this.act(this.plan.opening, 0);
    });
  }

  /** The service calls a task's `on_start`. */
  async start(task: number, id: string): Promise<StartAnswer> {
    const { accepted, cancelActions, answersLast, callers } = this.plan.tasks[task];
    const reaction = this.during(async () => {
      await this.lookAtStart(task, id);
      await this.act(callers, task);
    });
    if (answersLast) await reaction;
    if (!accepted) return { status: 500, body: 'no' };
    return { status: 200, body: Array.from({ length: cancelActions }, () => webhook(this.url('/cancel'))) };
  }

  /** Does one thing as some caller, and remembers what was answered. */
  async step({ deed, offset, replica, amount }: Step, from = 0): Promise<void> {
    const task = (from + offset) % this.ids.length;
    const service = this.replicas[replica];
    if (deed === 'silence') {
      if (await this.watch.silence(this.ids[task])) this.silenced.add(task);
      await provider(service, TimeoutLoop).runOnce();
      return;
    }
    const reason = deed === 'fail' ? `Broken in ${this.won.length}/${amount}/${this.starts.length}` : null;
    const [method, path, body] = this.request(deed, task, amount, reason);
    const answer = await service.call<Record<string, unknown> | undefined>(method, path, body);
    if (!ANSWERS[deed].includes(answer.status))
      this.faults.push(`${deed} of task ${task} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    else await this.remember(deed, task, amount, reason, answer);
  }

  private async remember(
    deed: Exclude<Deed, 'silence'>,
    task: number,
    amount: number,
    reason: string | null,
    { status, body }: { status: number; body: Record<string, unknown> | undefined },
  ): Promise<void> {
    const isDone = status < 300;
    const told = String(deed === 'read' ? body?.status : body?.current_status);
    if (ENDS.includes(told)) this.seen.push({ task, status: told });
    if (!isDone) return;
    if (deed === 'succeed') this.won.push({ task, status: 'Success', reason });
    if (deed === 'fail') this.won.push({ task, status: 'Failure', reason });
    if (deed === 'cancel') this.won.push({ task, status: 'Canceled', reason: 'Canceled by request' });
    if (deed === 'count' || deed === 'succeed') {
      const { success, failures } = increments(deed, amount);
      this.counted[task].success += success;
      this.counted[task].failures += failures;
    }
    if (deed === 'stop') await this.lookAtStop(body!);
  }

  private request(
    deed: Exclude<Deed, 'silence'>,
    task: number,
    amount: number,
    reason: string | null,
  ): [method: string, path: string, body?: object] {
    const path = `/task/${this.ids[task]}`;
    const { success: new_success, failures: new_failures } = increments(deed, amount);
    switch (deed) {
      case 'succeed':
        return ['PATCH', path, { status: 'Success', new_success, new_failures }];
      case 'fail':
        return ['PATCH', path, { status: 'Failure', failure_reason: reason }];
      case 'count':
        return ['PUT', path, { new_success, new_failures }];
      case 'note':
        return ['PATCH', path, { expected_count: amount, priority: amount % 10, metadata: { lane: task % LANES, amount } }];
      case 'cancel':
        return ['DELETE', path];
      case 'pause':
      case 'resume':
        return ['PATCH', `/task/${deed}/${this.ids[task]}`];
      case 'read':
        return ['GET', path];
      case 'stop':
        return ['DELETE', `/batch/${this.batch}`];
    }
  }

  private async act(callers: Callers, from: number): Promise<void> {
    await this.created;
    await Promise.all(
      callers.map(async (steps) => {
        for (const step of steps) await this.step(step, from);
      }),
    );
  }

  private async during(work: () => Promise<void>): Promise<void> {
    this.busy++;
    try {
      await work();
    } catch (error) {
      this.faults.push(String(error));
    } finally {
      this.busy--;
    }
  }

  private async lookAtStart(task: number, id: string): Promise<void> {
    this.starts[task]++;
    const { hindering, beside } = await this.watch.atAStart(id);
    if (hindering > 0) this.faults.push(`task ${task} started before ${hindering} of its parents allowed it`);
    const { type, max } = this.plan.rule;
    if (this.plan.tasks[task].ruled && type === 'Concurrency' && beside > max)
      this.faults.push(`task ${task} started as one of ${beside} where its rule admits ${max}`);
    await this.created;
    if (this.ids[task] !== id) this.faults.push(`task ${task} is ${this.ids[task]}, and was started as ${id}`);
  }

  private async lookAtStop({ batch_id, ...counts }: Record<string, unknown>): Promise<void> {
    this.stops++;
    const sum = Object.values(counts).reduce<number>((total, count) => total + Number(count), 0);
    if (batch_id !== this.batch || sum !== this.ids.length)
      this.faults.push(`stopping ${this.ids.length} tasks was answered ${JSON.stringify(counts)}`);
    const open = await this.watch.openTasksOf(this.batch);
    if (open > 0) this.faults.push(`${open} tasks went on after their batch was stopped`);
  }

  private async create(): Promise<void> {
    const notices = (count: number) => Array.from({ length: count }, () => webhook(this.url('/notice')));
    const { type, max } = this.plan.rule;
    const rule = {
      type,
      ...(type === 'Concurrency' ? { max_concurrency: max } : { max_capacity: max }),
      matcher: { kind: this.ruledKind, status: 'Running', fields: ['lane'] },
    };
    const tasks = this.plan.tasks.map(({ parents, barrier, priority, onSuccess, onFailure, ruled }, index) =>
      describedTask(String(index), this.url('/start'), {
        on_start: webhook(this.url('/start'), { body: { history: this.number, task: index } }),
        kind: ruled ? this.ruledKind : 'plain',
        rules: ruled ? [rule] : [],
        expected_count: ruled ? 2 : null,
        metadata: { lane: index % LANES },
        dead_end_barrier: barrier,
        priority,
        on_success: notices(onSuccess),
        on_failure: notices(onFailure),
        dependencies: parents.map(({ index: parent, required }) => ({
          id: String(parent),
          requires_success: required,
        })),
      }),
    );
    const request = { tasks, on_batch_complete: notices(this.plan.onComplete) };
    const { status, headers, body } = await this.replicas[0].call<{ id: string }[]>('POST', '/task', request);
    if (status !== 201) throw new Error(`POST /task was answered ${status}: ${JSON.stringify(body)}`);
    this.batch = headers.get('x-batch-id')!;
    this.ids = body.map(({ id }) => id);
  }

  private get ruledKind(): string {
    return `ruled-${this.number}`;
  }
}

/** What a deed adds to the counters of its task. */
function increments(deed: Deed, amount: number): { success: number; failures: number } {
  if (deed === 'count') return { success: amount + 1 > MAX_INT ? MAX_INT : amount + 1, failures: amount % 3 };
  return { success: deed === 'succeed' ? amount % 4 : 0, failures: 0 };
}

export const MAX_INT = 2147483647;
