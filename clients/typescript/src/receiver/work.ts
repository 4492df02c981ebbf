import type { Increment, Report } from '../types.ts';
import type { Call } from './call.ts';
import { NonRetryable, RetryAfter } from './failures.ts';
import type { Job } from './job.ts';
import { Reporter } from './reporter.ts';

export type TaskCall = Extract<Call, { taskId: string }>;
/** Does the work of a task. Returning ends the task with success, throwing with failure. */
export type Handler = (job: Job) => unknown;
type Result = Report & { status: 'Success' | 'Failure' };

/** Limit of the service for one report. */
const MAX_COUNT = 2 ** 31 - 1;
/** Below the limit of the service, 65,536 characters. */
const MAX_REASON_CHARS = 10_000;

/** An attempt at a task, from its start call to its end. */
export class Work implements Job {
  readonly taskId: string;
  readonly attempt: number;
  readonly key: string;
  readonly body: unknown;
  readonly query: URLSearchParams;
  readonly headers: Job['headers'];
  readonly handle: string;
  /** Resolves when there is a result, or it is no longer needed. */
  readonly concluded: Promise<void>;
  private conclude!: () => void;
  private result?: Result;
  private hasRun = false;
  private readonly cancellation = new AbortController();
  private readonly callbacks: Promise<unknown>[] = [];
  private readonly reporter: Reporter;
  private heart?: NodeJS.Timeout;
  /** Progress that is not reported yet. */
  private readonly uncounted = { new_success: 0, new_failures: 0 };
  private hasCounted = false;
  private counting = Promise.resolve();
  private nextCount?: Promise<void>;

  constructor(
    { taskId, attempt, key, body, query, headers, handle }: TaskCall,
    private readonly onError: (error: unknown) => void,
  ) {
    this.taskId = taskId;
    this.attempt = attempt;
    this.key = key;
    this.body = body;
    this.query = query;
    this.headers = headers;
    this.handle = handle;
    this.reporter = new Reporter(handle);
    this.concluded = new Promise((resolve) => (this.conclude = resolve));
  }

  get signal(): AbortSignal {
    return this.cancellation.signal;
  }

  /** Runs the handler; resolves when it and its callbacks have ended, and never rejects. */
  async run(handler: Handler, heartbeatMs: number | undefined): Promise<void> {
    if (heartbeatMs !== undefined) this.heart = setInterval(() => void this.beat(), heartbeatMs);
    try {
      await handler(this);
      this.succeed();
    } catch (error) {
      // A handler usually throws when its signal aborts; `fail` ignores that.
      if (this.result) this.onError(error);
      else this.fail(error);
    }
    this.hasRun = true;
    await Promise.all(this.callbacks);
  }

  progress(success = 1, failures = 0): Promise<void> {
    this.add({ new_success: success, new_failures: failures });
    this.hasCounted = true;
    return (this.nextCount ??= this.counting = this.counting.then(() => this.count()));
  }

  succeed(counts: Increment = {}): void {
    this.end({ status: 'Success' }, counts);
  }

  fail(reason: unknown, counts: Increment = {}): void {
    this.end({ status: 'Failure', failure_reason: sentence(reason), ...nextAttempt(reason) }, counts);
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
    this.finish();
  }

  /**
   * Returns the result for the answer to the start call, if there is one already. Returns undefined if progress is being
   * reported, as it may fail and then belongs to the result.
   */
  resultAtOnce(): Result | undefined {
    return this.result && !this.hasCounted ? { ...this.result, ...this.takeCounts() } : undefined;
  }

  /** Reports the result when there is one; never rejects. */
  async report(): Promise<void> {
    await this.concluded;
    await this.counting;
    if (!this.result || this.signal.aborted) return;
    await this.reporter.end({ ...this.result, ...this.takeCounts() }).catch(this.onError);
  }

  private end(result: Result, counts: Increment): void {
    if (this.result || this.signal.aborted) return;
    this.add(counts);
    this.result = result;
    this.finish();
  }

  private finish(): void {
    clearInterval(this.heart);
    this.conclude();
  }

  private add({ new_success = 0, new_failures = 0 }: Increment): void {
    if (![new_success, new_failures].every((count) => Number.isInteger(count) && count >= 0 && count <= MAX_COUNT))
      throw new RangeError(`Progress must be an integer from 0 to ${MAX_COUNT}`);
    this.uncounted.new_success += new_success;
    this.uncounted.new_failures += new_failures;
  }

  /** Returns the unreported counts without zeros, and resets them. */
  private takeCounts(): Increment {
    const counts = Object.fromEntries(
      Object.entries(this.uncounted).flatMap(([name, count]) =>
        count > 0 ? [[name, Math.min(count, MAX_COUNT)]] : [],
      ),
    );
    Object.assign(this.uncounted, { new_success: 0, new_failures: 0 });
    return counts;
  }

  private async count(): Promise<void> {
    this.nextCount = undefined;
    // After the end, progress is reported with the result.
    if (this.result || this.signal.aborted) return;
    const counts = this.takeCounts();
    if (Object.keys(counts).length === 0) return;
    try {
      if (!(await this.reporter.count(counts))) this.cancel('The attempt has ended');
    } catch (error) {
      this.add(counts);
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

/** Returns what the error says about the next attempt. */
function nextAttempt(reason: unknown): Pick<Report, 'retry' | 'retry_after_secs'> {
  if (reason instanceof NonRetryable) return { retry: false };
  return reason instanceof RetryAfter ? { retry_after_secs: reason.seconds } : {};
}

/** Returns a failure reason for anything thrown; replaces characters that the service would refuse. */
function sentence(reason: unknown): string {
  const text = reason instanceof Error ? reason.message || reason.name : String(reason);
  // The conversion to UTF-8 replaces lone surrogates.
  const sound = Buffer.from(text.slice(0, MAX_REASON_CHARS)).toString().replaceAll('\0', '\ufffd');
  return sound.trim() ? sound : 'The work failed without a reason';
}
