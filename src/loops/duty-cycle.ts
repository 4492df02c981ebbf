/** A rest of nine times the last run's duration keeps the running time to a tenth. */
const REST_FACTOR = 9;

/** Bounds the share of time that repeated work takes, by a rest after each run. */
export class DutyCycle {
  private until = 0;

  /** @param longestMs of a rest, as a run may have been slow for a reason that is over. */
  constructor(private readonly longestMs = Infinity) {}

  /** Returns how many ms of the rest are left; 0 when the next run may begin. */
  get restMs(): number {
    return Math.max(0, this.until - performance.now());
  }

  /** Starts the rest after a run that took `ms`; `factor` times as long. */
  ran(ms: number, factor = REST_FACTOR): void {
    this.until = performance.now() + Math.min(this.longestMs, factor * ms);
  }
}
