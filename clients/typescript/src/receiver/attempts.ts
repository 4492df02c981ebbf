import { setTimeout as sleep } from 'node:timers/promises';
import { webhook } from '../graph.ts';
import { NotACall, type TaskCall } from './call.ts';
import { Coalescer } from './coalescer.ts';
import type { Handler } from './job.ts';
import type { Handled } from './ledger.ts';
import { Work } from './work.ts';

/** How to begin the attempt at a task. */
export interface Start {
  readonly handler: Handler;
  readonly isGroup: boolean;
  /** Waits for its turn, and runs the work. */
  readonly inTurn: (run: () => Promise<void>) => Promise<void>;
}

interface Options {
  readonly heartbeatSecs?: number;
  readonly onError: (error: unknown, call: TaskCall) => void;
}

/** Time that the answer to a start call waits for the result, which then needs no report. The service waits 10 s. */
const AT_ONCE_MS = 20;
/** Results that are larger are reported: the service reads 64 KiB of the answer for each call, at most 2 MiB for a group. */
const AT_ONCE_BYTES = 32 * 1024;
const AT_ONCE_GROUP_BYTES = 1024;
const MAX_GROUP_SIZE = 1000;

/** The attempts at tasks that run here. */
export class Attempts {
  private readonly works = new Map<string, Set<Work>>();
  private readonly coalescer = new Coalescer();

  constructor(private readonly options: Options) {}

  /**
   * Begins an attempt; earlier ones at the same task are stopped.
   * @throws {NotACall} if a later one is running.
   */
  begin(call: TaskCall, { handler, isGroup, inTurn }: Start): Handled<object> {
    this.supersede(call);
    const { heartbeatSecs, onError } = this.options;
    const work = new Work(call, this.coalescer, (error) => onError(error, call));
    this.add(work);
    if (heartbeatSecs !== undefined) work.live(heartbeatSecs * 1000);
    const ran = inTurn(() => work.run(handler));
    const maxBytes = isGroup ? AT_ONCE_GROUP_BYTES : AT_ONCE_BYTES;
    const answered = Promise.race([work.concluded, sleep(AT_ONCE_MS)]).then(() => work.resultAtOnce(maxBytes));
    const reported = answered.then((result) => (result ? undefined : work.report()));
    return {
      answer: answered.then((result) => result ?? cancelAction(call, isGroup)),
      done: Promise.all([ran, reported]).finally(() => this.remove(work)),
    };
  }

  /** Stops the attempt, and earlier ones, but none that has begun since. */
  cancel({ taskId, attempt }: TaskCall): void {
    for (const work of this.on(taskId)) if (work.attempt <= attempt) work.cancel();
  }

  /** Stops earlier attempts at the task, which may not know yet that they are over. */
  private supersede({ taskId, attempt }: TaskCall): void {
    const others = this.on(taskId);
    if (others.some((other) => other.attempt > attempt)) throw new NotACall(409, 'A later attempt is running');
    for (const other of others) other.cancel(`Attempt ${other.attempt} is over`);
  }

  private on(taskId: string): Work[] {
    return [...(this.works.get(taskId) ?? [])];
  }

  private add(work: Work): void {
    this.works.set(work.taskId, new Set([...this.on(work.taskId), work]));
  }

  private remove(work: Work): void {
    const works = this.works.get(work.taskId);
    works?.delete(work);
    if (works?.size === 0) this.works.delete(work.taskId);
  }
}

/** Cancel calls go to the address of the start call; the key tells them apart. Those of a group come as a group. */
const cancelAction = ({ address }: TaskCall, isGroup: boolean): object =>
  address === undefined ? {} : webhook(address, isGroup ? { group: { max_size: MAX_GROUP_SIZE } } : {});
