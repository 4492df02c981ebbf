/** A bounded number of calls under way. */
export class InFlight {
  private readonly calls = new Set<Promise<void>>();

  /** @param freed called whenever a place has become free. */
  constructor(
    private readonly limit: number,
    private readonly freed: () => void,
  ) {}

  /** Places left. */
  get free(): number {
    return Math.max(0, this.limit - this.calls.size);
  }

  /** Runs `call`, which must not reject, and frees its place when it ends. Never ask for more than is free. */
  run(call: () => Promise<void>): void {
    const running: Promise<void> = call().finally(() => {
      this.calls.delete(running);
      this.freed();
    });
    this.calls.add(running);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.calls.size > 0) await Promise.all(this.calls);
  }
}
