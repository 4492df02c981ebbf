import { DatabaseUnavailable } from '../domain/errors';

interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Group commit: while one flush is running, what arrives waits and forms the next one. An idle lane flushes a lone
 * item at once, a busy one carries hundreds in one transaction, and there is no timer in between. Every caller gets
 * its own answer, after the commit.
 *
 * A flush that fails is halved until the poisonous item stands alone; the others go through. When the database itself
 * is away, halving would only repeat the fault, so all of the flush is refused at once.
 */
export class Coalescer<Item, Result> {
  private waiting: Waiting<Item, Result>[] = [];
  private running?: Promise<void>;

  /**
   * @param flush carries out all items in one transaction and answers in their order.
   * @param maxItems at most so many items in one flush.
   */
  constructor(
    private readonly flush: (items: Item[]) => Promise<Result[]>,
    private readonly maxItems = 1000,
  ) {}

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.running ??= this.drain();
    });
  }

  /** Items not yet taken up by a flush. */
  get depth(): number {
    return this.waiting.length;
  }

  /** Resolves when nothing waits and nothing is being flushed. */
  async idle(): Promise<void> {
    while (this.running) await this.running;
  }

  private async drain(): Promise<void> {
    // Requests that were parsed in the same turn of the event loop share the first flush.
    await new Promise(setImmediate);
    while (this.waiting.length > 0) await this.attempt(this.waiting.splice(0, this.maxItems));
    this.running = undefined;
  }

  private async attempt(group: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.flush(group.map(({ item }) => item));
      group.forEach(({ resolve }, i) => resolve(results[i]));
    } catch (error) {
      if (group.length === 1 || error instanceof DatabaseUnavailable) {
        group.forEach(({ reject }) => reject(error));
        return;
      }
      const half = Math.ceil(group.length / 2);
      await this.attempt(group.slice(0, half));
      await this.attempt(group.slice(half));
    }
  }
}
