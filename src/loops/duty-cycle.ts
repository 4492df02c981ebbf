/** Rests nine times the duration of the last run, so that running takes a tenth of the time at most. */
const REST_FACTOR = 9;

/** Bounds the share of time that something takes. */
export class DutyCycle {
  private until = 0;

  /** @param longestMs of a rest: a run may have been slow for reasons that are over. */
  constructor(private readonly longestMs: number) {}

  /** How many ms of the rest are left; 0 when the next run may begin. */
  get restMs(): number {
    return Math.max(0, this.until - performance.now());
  }

  /** A run has ended that took so many ms. */
  ran(ms: number): void {
    this.until = performance.now() + Math.min(this.longestMs, REST_FACTOR * ms);
  }
}
