import type { Problem } from './types.ts';

/** What is wrong with one field of a request. */
export interface Fault {
  /** As it is named on the wire, e.g. `tasks[3].timeout`; undefined if the fault is of the request as a whole. */
  readonly field?: string;
  readonly message: string;
}

/** The service has refused a request, or could not be reached. */
export class HooklineError extends Error {
  override readonly name = 'HooklineError';

  private constructor(
    /** The HTTP status; 0 if there was no answer, and `cause` says why. */
    readonly status: number,
    /** The name of the status. */
    readonly title: string,
    /** What is wrong, for a person. */
    readonly detail: string,
    /** Every fault of a request that is not valid. */
    readonly faults: readonly Fault[] = [],
    /** With 404: the state of a task that exists, but not in one that allows the request. */
    readonly currentStatus?: string,
    /** How long the service asks to wait before the next attempt, in milliseconds. */
    readonly retryAfterMs?: number,
    options?: ErrorOptions,
  ) {
    super(status ? `${status} ${title}: ${detail}` : `${title}: ${detail}`, options);
  }

  /** Whether the same request may pass later: the service was away or busy. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }

  /** The first field that is wrong, if any. */
  get field(): string | undefined {
    return this.faults.find(({ field }) => field !== undefined)?.field;
  }

  /** Of an answer that is no success; reads its body. */
  static async of(response: Response): Promise<HooklineError> {
    const problem = await problemOf(response);
    return new HooklineError(
      response.status,
      problem.title ?? response.statusText,
      problem.detail ?? 'The answer does not say why',
      // What stands before the service has other ideas of a problem.
      Array.isArray(problem.details) ? problem.details.map(faultOf) : undefined,
      problem.current_status,
      retryAfter(response.headers.get('retry-after')),
    );
  }

  /** Of a request that got no answer. */
  static unreachable(cause: unknown): HooklineError {
    const { message, cause: root } = cause as Error;
    const detail = root instanceof Error ? root.message || root.name : message;
    return new HooklineError(0, 'No answer', detail, [], undefined, undefined, { cause });
  }
}

/** Empty if something on the way has answered in words of its own. */
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

/** Seconds or a date. */
function retryAfter(value: string | null): number | undefined {
  if (!value) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}
