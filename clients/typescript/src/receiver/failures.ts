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
