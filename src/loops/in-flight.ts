// Long enough for several calls to end, and short beside what a call takes.
const GATHER_MS = 10;

/**
 * A bounded number of calls under way. Freed places are told of a quarter at a time, or after some milliseconds: whoever
 * fills them asks the database for many at once, and one query for each place would cost more than the calls.
 */
export class InFlight {
  private calls = 0;
  private idlers: (() => void)[] = [];
  private gathering?: NodeJS.Timeout;

  /** @param freed called when places have become free. */
  constructor(
    private readonly limit: number,
    private readonly freed: () => void,
  ) {}

  /** Places left. */
  get free(): number {
    return Math.max(0, this.limit - this.calls);
  }

  get busy(): boolean {
    return this.calls > 0;
  }

  /**
   * Runs `call`, which must not reject, and frees its place when it ends. Never ask for more than is free.
   * @param ended called before the place is free.
   */
  run(call: () => Promise<void>, ended?: () => void): void {
    this.calls++;
    const end = (): void => {
      ended?.();
      this.calls--;
      if (this.calls === 0) for (const resolve of this.idlers.splice(0)) resolve();
      if (this.free >= this.limit / 4) this.tell();
      else this.gathering ??= setTimeout(() => this.tell(), GATHER_MS);
    };
    void call().then(end, (error: Error) => {
      end();
      throw error;
    });
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.calls > 0) await new Promise<void>((resolve) => this.idlers.push(resolve));
  }

  private tell(): void {
    clearTimeout(this.gathering);
    this.gathering = undefined;
    this.freed();
  }
}
