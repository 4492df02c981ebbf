import type { IncomingHttpHeaders } from 'node:http';
import type { Increment } from '../types.ts';

/** A task that this receiver has taken, as its handler sees it. */
export interface Job {
  readonly taskId: string;
  /** The idempotency key of the start call. */
  readonly key: string;
  /** The body of the task's `on_start` action: JSON, or text if its headers say otherwise; undefined if there is none. */
  readonly body: unknown;
  /** The query of the action's URL. */
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Where reports go. Whoever has it can report on this task. */
  readonly handle: string;
  /** Aborted when the task was canceled, or is known to have ended otherwise: nobody waits for the result any more. */
  readonly signal: AbortSignal;

  /**
   * Counts what was done since the last time, and shows that the task is alive. Calls that follow closely are sent as one.
   * @returns when it is counted, or will be counted with the next report; it never rejects. Waiting for it is not needed.
   * @throws {RangeError} if a count is not a whole number from 0 to 2147483647.
   */
  progress(success?: number, failures?: number): Promise<void>;

  /** Ends the task with success, as returning from the handler does; only the first end counts. */
  succeed(counts?: Increment): void;

  /** Ends the task with failure, as throwing from the handler does; only the first end counts. */
  fail(reason: unknown, counts?: Increment): void;

  /** Calls back when the signal aborts, at once if it has; `close()` of the receiver waits for what it returns. */
  onCancel(callback: () => unknown): void;
}
