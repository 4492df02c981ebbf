// Enough for several calls to end, and short beside the duration of a call.
const GATHER_MS = 10;

/**
 * Bounds the calls in flight. Freed slots are announced when a quarter is free, or after some milliseconds: filling them
 * costs a query, and one for each slot would cost more than the calls.
 */
export class InFlight {
  private calls = 0;
  private idlers: (() => void)[] = [];
  private gathering?: NodeJS.Timeout;

  /** @param freed called when slots have become free. */
  constructor(
    private readonly limit: number,
    private readonly freed: () => void,
  ) {}

  /** Returns the number of free slots. */
  get free(): number {
    return Math.max(0, this.limit - this.calls);
  }

  get busy(): boolean {
    return this.calls > 0;
  }

  /**
   * Runs `call`, which must not reject, and frees its slot when it ends. The caller checks that a slot is free.
   * @param ended called before the slot is free.
   */
  run(call: () => Promise<void>, ended?: () => void): void {
    this.calls++;
    const end = (): void => {
      ended?.();
      this.calls--;
      if (this.calls === 0) for (const resolve of this.idlers.splice(0)) resolve();
      if (this.free >= this.limit / 4) this.announce();
      else this.gathering ??= setTimeout(() => this.announce(), GATHER_MS);
    };
    void call().then(end, (error: Error) => {
      end();
      throw error;
    });
  }

  /** Resolves when no call is in flight. */
  async idle(): Promise<void> {
    while (this.calls > 0) await new Promise<void>((resolve) => this.idlers.push(resolve));
  }

  private announce(): void {
    clearTimeout(this.gathering);
    this.gathering = undefined;
    this.freed();
  }
}
