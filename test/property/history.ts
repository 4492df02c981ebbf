import { TimeoutLoop } from '../../src/task/finish/timeout.loop';
import { provider, type Service, task as described, webhook } from '../support/service';
import { type Answered, ANSWERS, call, incrementsOf, GROUPS, type Request, requestFor } from './callers';
import type { StartAnswer } from './listener';
import type { Callers, Plan, PlannedTask, Step } from './plan';
import type { Watch } from './watch';

/** The JSON object of an answer, if it has one. */
type Body = Record<string, unknown> | undefined;

const ENDS: readonly unknown[] = ['Success', 'Failure', 'Canceled'];

/** An end that a caller was told of. */
export interface ToldEnd {
  task: number;
  status: string;
  /** Known only to the caller who brought the end about. */
  reason?: string | null;
}

/** Where histories run. */
export interface Stage {
  replicas: readonly Service[];
  watch: Watch;
  /** Returns the URL of a path of the receiver. */
  url: (path: string) => string;
}

/** A batch, the callers that act on it, and the answers they got. */
export class History {
  /** Sentences about violations. */
  readonly faults: string[] = [];
  /** Start calls of each task. */
  readonly starts: number[];
  /** Ends that callers brought about: at most one for each task. */
  readonly won: ToldEnd[] = [];
  /** Ends that callers were told of. */
  readonly seen: ToldEnd[] = [];
  /** Acknowledged increments, by task. */
  readonly counted: { success: number; failures: number }[];
  readonly silenced = new Set<number>();
  stops = 0;
  /** Start calls being answered, and the reactions to them that still run. */
  busy = 0;
  batch: string;
  /** UUIDs of the tasks. */
  ids: string[];
  private created: Promise<void>;
  private failuresReported = 0;

  constructor(
    readonly number: number,
    readonly plan: Plan,
    private readonly stage: Stage,
  ) {
    this.starts = plan.tasks.map(() => 0);
    this.counted = plan.tasks.map(() => ({ success: 0, failures: 0 }));
  }

  /** Creates the batch, and runs its opening. */
  async begin(): Promise<void> {
    this.created = this.create();
    await this.created;
    await this.during(() => this.act(this.plan.opening, 0));
  }

  /** Handles the start call of a task. */
  async start(task: number, id: string): Promise<StartAnswer> {
    const { accepted, cancelActions, answersLast, callers } = this.plan.tasks[task];
    const reaction = this.during(async () => {
      await this.checkStart(task, id);
      await this.act(callers, task);
    });
    if (answersLast) await reaction;
    if (!accepted) return { status: 500, body: 'Not now' };
    return { status: 200, body: this.actions('/cancel', cancelActions) };
  }

  /** Makes one request as a caller, and records the answer. */
  async step({ deed, offset, replica, amount }: Step, from = 0): Promise<void> {
    const task = (from + offset) % this.ids.length;
    const service = this.stage.replicas[replica];
    if (deed === 'silence') {
      if (await this.stage.watch.silence(this.ids[task])) this.silenced.add(task);
      await provider(service, TimeoutLoop).runOnce();
      return;
    }
    const reason = `Failure number ${this.failuresReported++}`;
    const subject = { id: this.ids[task], batch: this.batch, group: task % GROUPS };
    const answer = await call<Body>(service.url, ...requestFor(deed, subject, amount, reason));
    if (ANSWERS[deed].includes(answer.status)) await this.remember(deed, task, amount, reason, answer);
    else this.faults.push(`${deed} of task ${task} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  private async remember(
    deed: Request,
    task: number,
    amount: number,
    reason: string,
    { status, body }: Answered<Body>,
  ): Promise<void> {
    const told = deed === 'read' ? body!.status : body?.current_status;
    if (ENDS.includes(told)) this.seen.push({ task, status: String(told) });
    if (status === 404 && told === undefined)
      this.faults.push(`${deed} of task ${task} was answered as for an unknown task`);
    if (status >= 300) return;
    if (deed === 'succeed') this.won.push({ task, status: 'Success', reason: null });
    if (deed === 'fail') this.won.push({ task, status: 'Failure', reason });
    if (deed === 'cancel') this.won.push({ task, status: 'Canceled', reason: 'Canceled by request' });
    if (deed === 'stop') await this.checkStop(body!);
    const { success, failures } = incrementsOf(deed, amount);
    this.counted[task].success += success;
    this.counted[task].failures += failures;
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

  private async checkStart(task: number, id: string): Promise<void> {
    this.starts[task]++;
    const { hindering, beside } = await this.stage.watch.atAStart(id);
    if (hindering > 0) this.faults.push(`task ${task} started before ${hindering} of its parents allowed it`);
    const { type, max } = this.plan.rule;
    if (this.plan.tasks[task].ruled && type === 'Concurrency' && beside > max)
      this.faults.push(`task ${task} started as one of ${beside} though its rule admits ${max}`);
    await this.created;
    if (this.ids[task] !== id) this.faults.push(`task ${task} is ${this.ids[task]}, but was started as ${id}`);
  }

  private async checkStop({ batch_id, ...counts }: Record<string, unknown>): Promise<void> {
    this.stops++;
    const sum = Object.values(counts).reduce<number>((total, count) => total + Number(count), 0);
    if (batch_id !== this.batch || sum !== this.ids.length)
      this.faults.push(`stopping ${this.ids.length} tasks was answered ${JSON.stringify(counts)}`);
    const open = await this.stage.watch.openTasksOf(this.batch);
    if (open > 0) this.faults.push(`${open} tasks continued after their batch was stopped`);
  }

  private async create(): Promise<void> {
    const request = {
      tasks: this.plan.tasks.map((task, index) => this.describe(task, index)),
      on_batch_complete: this.actions('/notice', this.plan.onComplete),
    };
    const { url } = this.stage.replicas[0];
    const { status, headers, body } = await call<{ id: string }[]>(url, 'POST', '/task', request);
    if (status !== 201) throw new Error(`POST /task was answered ${status}: ${JSON.stringify(body)}`);
    this.batch = String(headers['x-batch-id']);
    this.ids = body.map(({ id }) => id);
  }

  private describe(planned: PlannedTask, index: number): object {
    const { parents, barrier, priority, onSuccess, onFailure, ruled } = planned;
    const { type, max } = this.plan.rule;
    const kind = ruled ? `ruled-${this.number}` : 'plain';
    const limit = type === 'Concurrency' ? { max_concurrency: max } : { max_capacity: max };
    return described(String(index), '', {
      on_start: webhook(this.stage.url('/start'), { body: { history: this.number, task: index } }),
      kind,
      rules: ruled ? [{ type, ...limit, matcher: { kind, status: 'Running', fields: ['group'] } }] : [],
      expected_count: 2,
      metadata: { group: index % GROUPS },
      dead_end_barrier: barrier,
      priority,
      on_success: this.actions('/notice', onSuccess),
      on_failure: this.actions('/notice', onFailure),
      dependencies: parents.map((parent) => ({ id: String(parent.index), requires_success: parent.required })),
    });
  }

  private actions(path: string, count: number): object[] {
    return Array.from({ length: count }, () => webhook(this.stage.url(path)));
  }
}
