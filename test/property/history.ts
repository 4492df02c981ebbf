import { TimeoutLoop } from '../../src/task/finish/timeout.loop';
import { provider, type Service, task as described, webhook } from '../support/service';
import { type Answered, ANSWERS, call, incrementsOf, GROUPS, type Request, requestFor, steeringOf } from './callers';
import { Encore } from './encore';
import type { StartAnswer, StartCall } from './listener';
import type { Callers, Plan, PlannedAnswer, PlannedTask, Step } from './plan';
import type { Watch } from './watch';

/** The JSON object of an answer, if it has one. */
type Body = Record<string, unknown> | undefined;

const ENDS: readonly unknown[] = ['Success', 'Failure', 'Canceled'];
/** The reason of a failure that a receiver answers a start call with. */
export const AT_ONCE = 'Failed at once';
const MOMENT_MS = 30;

/** A request that a caller made. */
interface Made {
  deed: Request;
  task: number;
  attempt: number;
  amount: number;
  reason: string;
}

/** An end that a caller was told of. */
export interface ToldEnd {
  task: number;
  status: string;
  /** Known only to the caller who brought the end about. */
  reason?: string | null;
}

/** A failure of an attempt that a caller reported with success. */
export interface ToldFailure {
  task: number;
  attempt: number;
  reason: string;
  /** No other attempt may follow. */
  forGood: boolean;
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
  /** Start calls of each task, by attempt from the first. */
  readonly starts: number[][];
  /** Ends that callers brought about: at most one for each task. */
  readonly won: ToldEnd[] = [];
  /** Ends that callers were told of. */
  readonly seen: ToldEnd[] = [];
  readonly failed: ToldFailure[] = [];
  /** Acknowledged increments of each task, by attempt from the first. */
  readonly counted: { success: number; failures: number }[][];
  readonly silenced = new Set<number>();
  stops = 0;
  /** Start calls being answered, and the reactions to them that still run. */
  busy = 0;
  batch: string;
  /** Reruns and additions, once all tasks have ended. */
  encore?: Encore;
  /** UUIDs of the tasks. */
  ids: string[];
  private created: Promise<void>;
  private failuresReported = 0;

  constructor(
    readonly number: number,
    readonly plan: Plan,
    private readonly stage: Stage,
  ) {
    this.starts = plan.tasks.map(() => []);
    this.counted = plan.tasks.map(() => []);
  }

  /** Creates the batch, and runs its opening. */
  async begin(): Promise<void> {
    this.created = this.create();
    await this.created;
    await this.during(() => this.act(this.plan.opening, 0));
  }

  /** Runs tasks again and adds others. */
  async beginEncore(): Promise<Encore> {
    const { batch, ids, number, plan, stage } = this;
    this.encore = new Encore({ batch, ids, number, plan, stage });
    await this.during(() => this.encore!.begin());
    return this.encore;
  }

  /** Handles the start call of a task. */
  async start({ task, id, attempt }: Omit<StartCall, 'history'>): Promise<StartAnswer> {
    if (this.encore) return this.encore.start(id, attempt);
    const { cancelActions, answersLast, callers } = this.plan.tasks[task];
    const reaction = this.during(async () => {
      await this.checkStart(task, id, attempt);
      await this.act(callers, task, attempt);
    });
    if (answersLast) await reaction;
    switch (this.answerTo(task, attempt)) {
      case 'refused':
        return { status: 500, body: 'Not now' };
      case 'gone':
        return { status: 410, body: 'Never' };
      case 'failed':
        return { status: 200, body: { status: 'Failure', failure_reason: AT_ONCE } };
      default:
        return { status: 200, body: this.actions('/cancel', cancelActions) };
    }
  }

  /** Returns how the receiver answers the start call of an attempt. */
  answerTo(task: number, attempt: number): PlannedAnswer {
    return this.plan.tasks[task].answers[attempt - 1];
  }

  /**
   * Makes one request as a caller, and records the answer.
   * @param own the attempt at the task `from` that the caller works on; of other tasks it knows the latest.
   */
  async step({ deed, offset, replica, amount }: Step, from = 0, own?: number): Promise<void> {
    const task = (from + offset) % this.ids.length;
    const attempt = (task === from ? own : undefined) ?? Math.max(this.starts[task].length, 1);
    const service = this.stage.replicas[replica];
    if (deed === 'silence') {
      if (await this.stage.watch.silence(this.ids[task])) this.silenced.add(task);
      await provider(service, TimeoutLoop).runOnce();
      return;
    }
    const reason = `Failure number ${this.failuresReported++}`;
    const subject = { id: this.ids[task], attempt, batch: this.batch, group: task % GROUPS };
    const answer = await call<Body>(service.url, ...requestFor(deed, subject, amount, reason));
    if (ANSWERS[deed].includes(answer.status)) await this.remember({ deed, task, attempt, amount, reason }, answer);
    else this.faults.push(`${deed} of task ${task} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  private async remember(
    { deed, task, attempt, amount, reason }: Made,
    { status, body }: Answered<Body>,
  ): Promise<void> {
    const told = deed === 'read' ? body!.status : body?.current_status;
    if (ENDS.includes(told)) this.seen.push({ task, status: String(told) });
    if (status === 404 && told === undefined)
      this.faults.push(`${deed} of task ${task} was answered as for an unknown task`);
    const isMove = deed === 'hasten' || deed === 'postpone';
    if (status === 409 && !isMove && !(Number(body!.current_attempt) > attempt))
      this.faults.push(`${deed} of attempt ${attempt} at task ${task} was answered 409: ${JSON.stringify(body)}`);
    if (status >= 300) return;
    if (deed === 'succeed') this.won.push({ task, status: 'Success', reason: null });
    if (deed === 'fail') this.failed.push({ task, attempt, reason, forGood: steeringOf(amount).retry === false });
    if (deed === 'cancel') this.won.push({ task, status: 'Canceled', reason: 'Canceled by request' });
    if (deed === 'stop') await this.checkStop(body!);
    const { success, failures } = incrementsOf(deed, amount);
    const sum = (this.counted[task][attempt - 1] ??= { success: 0, failures: 0 });
    sum.success += success;
    sum.failures += failures;
  }

  private async act(callers: Callers, from: number, attempt?: number): Promise<void> {
    await this.created;
    await Promise.all(
      callers.map(async (steps) => {
        for (const step of steps) await this.step(step, from, attempt);
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

  private async checkStart(task: number, id: string, attempt: number): Promise<void> {
    const starts = this.starts[task];
    starts[attempt - 1] = (starts[attempt - 1] ?? 0) + 1;
    const { hindering, beside, early, unsent } = await this.stage.watch.atAStart(id, attempt);
    if (early) this.faults.push(`attempt ${attempt} at task ${task} started before its time`);
    if (unsent > 0) this.faults.push(`attempt ${attempt} at task ${task} started before ${unsent} cancel calls`);
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
    const { parents, barrier, priority, onSuccess, onFailure, ruled, retry, delay } = planned;
    const { type, max } = this.plan.rule;
    const kind = ruled ? `ruled-${this.number}` : 'plain';
    const limit = type === 'Concurrency' ? { max_concurrency: max } : { max_capacity: max };
    return described(String(index), '', {
      on_start: webhook(this.stage.url('/start'), { body: { history: this.number, task: index } }),
      kind,
      retry,
      ...(delay === 'moment'
        ? { run_at: new Date(Date.now() + MOMENT_MS).toISOString() }
        : { delay_secs: delay?.secs }),
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
