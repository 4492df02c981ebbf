import type { IncomingHttpHeaders } from 'node:http';
import type { Increment } from '../types.ts';

/** A task accepted by this receiver, as its handler sees it. */
export interface Job {
  readonly taskId: string;
  /** Number of this attempt at the task, from 1; later ones follow failures if the task has a retry policy. */
  readonly attempt: number;
  /** Idempotency key of the start call. */
  readonly key: string;
  /** Body of the `on_start` action: JSON, or text if its content type is not JSON; undefined without a body. */
  readonly body: unknown;
  /** Query of the action's URL. */
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** URL for reports on this attempt, to be used as it is. Anyone who knows it can report on this task. */
  readonly handle: string;
  /** Aborted when the task was canceled, or this attempt has ended otherwise, so that the result is not needed. */
  readonly signal: AbortSignal;

  /**
   * Reports items done and failed since the last call, which is a sign of life as well. Calls in quick succession are sent
   * as one.
   * @returns when the items are counted, or deferred to the next report; it never rejects. There is no need to await it.
   * @throws {RangeError} if a count is not an integer from 0 to 2147483647.
   */
  progress(success?: number, failures?: number): Promise<void>;

  /** Ends the task with success, like a return from the handler; only the first result counts. */
  succeed(counts?: Increment): void;

  /**
   * Fails the attempt, like an exception in the handler; only the first result counts. The task ends if it has no attempts
   * left, or the reason is a `NonRetryable`. A `RetryAfter` sets the pause before the next attempt.
   */
  fail(reason: unknown, counts?: Increment): void;

  /** Calls back when the signal aborts, or at once if it already has. `close()` of the receiver awaits the result. */
  onCancel(callback: () => unknown): void;
}
