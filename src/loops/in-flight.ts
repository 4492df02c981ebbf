// Long enough for several calls to end, and short beside what a call takes.
const GATHER_MS = 10;

/**
 * A bounded number of calls under way. Freed places are told of a quarter at a time, or after some milliseconds: whoever
 * fills them asks the database for many at once, and one query for each place would cost more than the calls.
 */
export class InFlight {
  private readonly calls = new Set<Promise<void>>();
  private gathering?: NodeJS.Timeout;

  /** @param freed called when places have become free. */
  constructor(
    private readonly limit: number,
    private readonly freed: () => void,
  ) {}

  /** Places left. */
  get free(): number {
    return Math.max(0, this.limit - this.calls.size);
  }

  get busy(): boolean {
    return this.calls.size > 0;
  }

  /** Runs `call`, which must not reject, and frees its place when it ends. Never ask for more than is free. */
  run(call: () => Promise<void>): void {
    const running: Promise<void> = call().finally(() => {
      this.calls.delete(running);
      if (this.free >= this.limit / 4) this.tell();
      else this.gathering ??= setTimeout(() => this.tell(), GATHER_MS);
    });
    this.calls.add(running);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.calls.size > 0) await Promise.all(this.calls);
  }

  private tell(): void {
    clearTimeout(this.gathering);
    this.gathering = undefined;
    this.freed();
  }
}
