import type { IncomingHttpHeaders } from 'node:http';
import type { Context } from '../context.ts';
import type { Created } from '../created.ts';
import type { Graph } from '../graph.ts';
import type { CreateOptions } from '../http.ts';
import type { Increment } from '../types.ts';

/** The types of the tasks that start at one path; those left out are `unknown`. Calls are not checked against them. */
export interface TaskTypes {
  /** Body of the `on_start` action. */
  body?: unknown;
  /** Result of the task: any JSON. */
  result?: unknown;
  /** Metadata of the task, in `job.context`. */
  metadata?: unknown;
}

/** Does the work of a task. Returning ends the task with success, with the value as its result; throwing fails it. */
export type Handler<Types extends TaskTypes = TaskTypes> = (
  job: Job<Types>,
) => Types['result'] | void | Promise<Types['result'] | void>;

/** Does the work of several tasks. Those that it has not ended succeed when it returns, and fail when it throws. */
export type GroupHandler<Types extends TaskTypes = TaskTypes> = (jobs: readonly Job<Types>[]) => unknown;

/** A task accepted by this receiver, as its handler sees it. */
export interface Job<Types extends TaskTypes = TaskTypes> {
  readonly taskId: string;
  readonly batchId: string;
  /** Number of this attempt at the task, from 1; later ones follow failures and reruns. */
  readonly attempt: number;
  /** Idempotency key of the start call. */
  readonly key: string;
  /** Body of the `on_start` action: JSON, or text if its content type is not JSON; undefined without a body. */
  readonly body: Types['body'];
  /** The task and the results of its parents, if the `on_start` action has `context: true`. */
  readonly context: Context<Types['metadata']> | undefined;
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

  /**
   * Sets the result, which is stored when the attempt ends, in whatever way; the last one counts, also one that the handler
   * returns. Children can read it.
   * @param value any JSON.
   * @throws {TypeError} if the value is not JSON.
   * @throws {RangeError} if its JSON exceeds 64 KiB.
   */
  result(value: Types['result']): void;

  /**
   * Adds tasks to the batch of this task. They may depend on existing tasks of it by id, also on this one, and let existing
   * ones wait for them. Repeated while the service is unavailable, without adding anything twice.
   * @param options without an `idempotencyKey`, a later call or attempt adds tasks of its own.
   * @throws {HooklineError} if the service refuses.
   */
  addTasks<Ids extends object>(graph: Graph<Ids>, options?: CreateOptions): Promise<Created<Ids>>;

  /** Ends the task with success, like a return from the handler; only the first end counts. */
  succeed(counts?: Increment): void;

  /**
   * Fails the attempt, like an exception in the handler; only the first end counts. The task ends if it has no attempts
   * left, or the reason is a `NonRetryable`. A `RetryAfter` sets the pause before the next attempt.
   */
  fail(reason: unknown, counts?: Increment): void;

  /** Calls back when the signal aborts, or at once if it already has. `close()` of the receiver awaits the result. */
  onCancel(callback: () => unknown): void;
}
