import { randomUUID } from 'node:crypto';
import type { Context } from '../context.ts';
import { addTasks, type Created } from '../created.ts';
import type { Graph } from '../graph.ts';
import { type CreateOptions, Http } from '../http.ts';
import { persist } from '../persist.ts';
import type { Increment, Report } from '../types.ts';
import type { TaskCall } from './call.ts';
import type { Coalescer } from './coalescer.ts';
import { Counts } from './counts.ts';
import { nextAttempt, sentence } from './failures.ts';
import type { Handler, Job } from './job.ts';
import { Reporter, RESULT_PATIENCE_MS } from './reporter.ts';

type Result = Report & { status: 'Success' | 'Failure' };

/** Limit of the service for the result of a task. */
const MAX_RESULT_BYTES = 64 * 1024;

/** An attempt at a task, from its start call to its end. */
export class Work implements Job {
  readonly taskId: string;
  readonly batchId: string;
  readonly attempt: number;
  readonly key: string;
  readonly body: unknown;
  readonly context: Context | undefined;
  readonly query: URLSearchParams;
  readonly headers: Job['headers'];
  readonly handle: string;
  /** Resolves when there is a result, or it is no longer needed. */
  readonly concluded: Promise<void>;
  private conclude!: () => void;
  private end?: Result;
  private value?: { result: Report['result'] };
  private hasRun = false;
  private readonly cancellation = new AbortController();
  private readonly callbacks: Promise<unknown>[] = [];
  private readonly reporter: Reporter;
  private heart?: NodeJS.Timeout;
  private readonly counts = new Counts();
  private hasCounted = false;
  private counting = Promise.resolve();
  private nextCount?: Promise<void>;

  constructor(
    private readonly call: TaskCall,
    coalescer: Coalescer,
    private readonly onError: (error: unknown) => void,
  ) {
    this.taskId = call.taskId;
    this.batchId = call.batchId;
    this.attempt = call.attempt;
    this.key = call.key;
    this.body = call.body;
    this.context = call.context;
    this.query = call.query;
    this.headers = call.headers;
    this.handle = call.handle.url;
    this.reporter = new Reporter(call.handle, coalescer);
    this.concluded = new Promise((resolve) => (this.conclude = resolve));
  }

  get signal(): AbortSignal {
    return this.cancellation.signal;
  }

  /** Sends signs of life until the end, also while the work waits for its turn. */
  live(heartbeatMs: number): void {
    this.heart = setInterval(() => void this.beat(), heartbeatMs);
  }

  /** Runs the handler; resolves when it and its callbacks have ended, and never rejects. */
  async run(handler: Handler): Promise<void> {
    // Canceled before its turn.
    if (this.signal.aborted) return;
    try {
      const value = await handler(this);
      if (value !== undefined && !this.end) this.result(value);
      this.succeed();
    } catch (error) {
      // A handler usually throws when its signal aborts; `fail` ignores that.
      if (this.end) this.onError(error);
      else this.fail(error);
    }
    this.hasRun = true;
    await Promise.all(this.callbacks);
  }

  progress(success = 1, failures = 0): Promise<void> {
    this.counts.add({ new_success: success, new_failures: failures });
    this.hasCounted = true;
    return (this.nextCount ??= this.counting = this.counting.then(() => this.count()));
  }

  result(value: unknown): void {
    const json = JSON.stringify(value) as string | undefined;
    if (json === undefined) throw new TypeError('A result must be JSON');
    if (Buffer.byteLength(json) > MAX_RESULT_BYTES) throw new RangeError('A result must not exceed 64 KiB of JSON');
    this.value = { result: JSON.parse(json) as Report['result'] };
  }

  addTasks<Ids extends object>(
    graph: Graph<Ids>,
    { idempotencyKey = randomUUID(), signal }: CreateOptions = {},
  ): Promise<Created<Ids>> {
    const { service, token } = this.call.handle;
    const http = new Http({ url: service, token, retries: 0 });
    const options = { idempotencyKey, signal: signal ? AbortSignal.any([signal, this.signal]) : this.signal };
    return persist(() => addTasks(http, this.batchId, graph, options), {
      patienceMs: RESULT_PATIENCE_MS,
      signal: options.signal,
    });
  }

  succeed(counts: Increment = {}): void {
    this.finish({ status: 'Success' }, counts);
  }

  fail(reason: unknown, counts: Increment = {}): void {
    this.finish({ status: 'Failure', failure_reason: sentence(reason), ...nextAttempt(reason) }, counts);
  }

  onCancel(callback: () => unknown): void {
    const call = () => void this.callbacks.push(Promise.resolve().then(callback).catch(this.onError));
    if (this.signal.aborted) call();
    else this.signal.addEventListener('abort', call, { once: true });
  }

  /** Aborts the signal of a running handler: the result is no longer needed. */
  cancel(reason = 'The work was canceled'): void {
    if (this.signal.aborted || this.hasRun) return;
    this.cancellation.abort(new DOMException(reason, 'AbortError'));
    this.stop();
  }

  /**
   * Returns the result for the answer to the start call, if there is one already that fits. Returns undefined if progress is
   * being reported, as it may fail and then belongs to the result.
   */
  resultAtOnce(maxBytes: number): Result | undefined {
    if (!this.end || this.hasCounted || Buffer.byteLength(JSON.stringify(this.end)) > maxBytes) return undefined;
    return { ...this.end, ...this.counts.take() };
  }

  /** Reports the result when there is one; never rejects. */
  async report(): Promise<void> {
    await this.concluded;
    await this.counting;
    if (!this.end || this.signal.aborted) return;
    await this.reporter.end({ ...this.end, ...this.counts.take() }).catch(this.onError);
  }

  private finish(end: Result, counts: Increment): void {
    if (this.end || this.signal.aborted) return;
    this.counts.add(counts);
    this.end = { ...end, ...this.value };
    this.stop();
  }

  private stop(): void {
    clearInterval(this.heart);
    this.conclude();
  }

  private async count(): Promise<void> {
    this.nextCount = undefined;
    // After the end, progress is reported with the result.
    if (this.end || this.signal.aborted) return;
    const counts = this.counts.take();
    if (Object.keys(counts).length === 0) return;
    try {
      if (!(await this.reporter.count(counts))) this.cancel('The attempt has ended');
    } catch (error) {
      this.counts.add(counts);
      this.onError(error);
    }
  }

  private async beat(): Promise<void> {
    try {
      if (!(await this.reporter.beat())) this.cancel('The attempt has ended');
    } catch (error) {
      this.onError(error);
    }
  }
}
