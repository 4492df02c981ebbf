import type { Report } from '../types.ts';

/** Thrown by a handler, or passed to `job.fail()`: the task ends with failure, although attempts may be left. */
export class NonRetryable extends Error {
  override readonly name = 'NonRetryable';
}

/** The longest pause that the service accepts: a week. */
const MAX_PAUSE_SECS = 604_800;

/** Thrown by a handler, or passed to `job.fail()`: the attempt fails, and the next one follows after this pause. */
export class RetryAfter extends Error {
  override readonly name = 'RetryAfter';
  /** The pause in whole seconds. */
  readonly seconds: number;

  /** @param seconds the pause, instead of that of the retry policy; rounded up, at most a week. */
  constructor(message: string, seconds: number, options?: ErrorOptions) {
    super(message, options);
    this.seconds = Math.min(Math.max(Math.ceil(seconds), 0), MAX_PAUSE_SECS);
  }
}

/** The limit of the service, in code points, which have one or two units. */
const MAX_REASON_LENGTH = 65_536;

/** Returns what the error says about the next attempt. */
export function nextAttempt(reason: unknown): Pick<Report, 'retry' | 'retry_after_secs'> {
  if (reason instanceof NonRetryable) return { retry: false };
  return reason instanceof RetryAfter ? { retry_after_secs: reason.seconds } : {};
}

/** Returns a failure reason for anything thrown; replaces characters that the service would refuse. */
export function sentence(reason: unknown): string {
  const cut = [...textOf(reason).slice(0, 2 * MAX_REASON_LENGTH)].slice(0, MAX_REASON_LENGTH).join('');
  // The conversion to UTF-8 replaces lone surrogates.
  const sound = Buffer.from(cut).toString().replaceAll('\0', '\ufffd');
  return sound.trim() ? sound : 'The work failed without a reason';
}

function textOf(reason: unknown): string {
  try {
    return String(reason instanceof Error ? reason.message || reason.name : reason);
  } catch {
    return ''; // An object without a conversion, such as one without a prototype.
  }
}
