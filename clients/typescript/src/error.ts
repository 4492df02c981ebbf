import { STATUS_CODES } from 'node:http';
import type { BulkResult, Problem } from './types.ts';

/** A fault in one field of a request. */
export interface Fault {
  /** Path of the field, e.g. `tasks[3].timeout`; undefined if the fault concerns the whole request. */
  readonly field?: string;
  readonly message: string;
}

/** A request that the service has refused, or that got no answer. */
export class HooklineError extends Error {
  override readonly name = 'HooklineError';

  private constructor(
    /**
     * HTTP status; 0 if there was no answer (see `cause`). 409: the current status or attempt does not allow the request.
     * 422: its idempotency key was used for another one.
     */
    readonly status: number,
    /** Name of the status. */
    readonly title: string,
    /** Explanation for people. */
    readonly detail: string,
    /** The faults of an invalid request. */
    readonly faults: readonly Fault[] = [],
    /** With 404 and 409: the status of a task that exists but does not accept the request. */
    readonly currentStatus?: string,
    /** With 409: the number of the task's current attempt. */
    readonly currentAttempt?: number,
    /** Time to wait before the next attempt as requested by the service, in milliseconds. */
    readonly retryAfterMs?: number,
    options?: ErrorOptions,
  ) {
    super(status ? `${status} ${title}: ${detail}` : `${title}: ${detail}`, options);
  }

  /** Whether a retry may succeed: the service was unavailable or busy, or the same request is in flight. */
  get isTemporary(): boolean {
    if (this.status === 409) return this.retryAfterMs !== undefined;
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }

  /** The first faulty field, if any. */
  get field(): string | undefined {
    return this.faults.find(({ field }) => field !== undefined)?.field;
  }

  /** Creates the error for an unsuccessful answer; reads its body. */
  static async of(response: Response): Promise<HooklineError> {
    const problem = await problemOf(response);
    return new HooklineError(
      response.status,
      problem.title ?? response.statusText,
      problem.detail ?? 'No reason given',
      // A proxy may answer in another format.
      Array.isArray(problem.details) ? problem.details.map(faultOf) : undefined,
      problem.current_status,
      problem.current_attempt,
      retryAfter(response.headers.get('retry-after')),
    );
  }

  /** Creates the error for one report of many that was not accepted. */
  static ofItem({ status, error = 'No reason given', current_status, current_attempt }: BulkResult): HooklineError {
    const title = STATUS_CODES[status] ?? 'Refused';
    return new HooklineError(status, title, error, [], current_status, current_attempt);
  }

  /** Creates the error for a request without an answer. */
  static unreachable(cause: unknown): HooklineError {
    const { message, cause: root } = cause as Error;
    const detail = root instanceof Error ? root.message || root.name : message;
    return new HooklineError(0, 'No answer', detail, [], undefined, undefined, undefined, { cause });
  }
}

/** Returns the problem document, or an empty object if a proxy has answered in another format. */
async function problemOf(response: Response): Promise<Partial<Problem>> {
  const text = await response.text().catch(() => '');
  if (!response.headers.get('content-type')?.includes('json')) return {};
  try {
    return (JSON.parse(text) ?? {}) as Partial<Problem>;
  } catch {
    return {};
  }
}

function faultOf(sentence: string): Fault {
  const [, field, message] = /^([\w.[\]]+): (.*)$/s.exec(sentence) ?? [];
  return message === undefined ? { message: sentence } : { field, message };
}

/** Parses seconds or a date; returns milliseconds. */
function retryAfter(value: string | null): number | undefined {
  if (!value) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}
