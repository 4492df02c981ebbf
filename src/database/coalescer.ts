import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseUnavailable } from '../domain/errors';
import type { TraceContext } from '../domain/trace-context';
import type { Tracing } from '../tracing/tracing';

interface Waiting<Item, Result> {
  item: Item;
  /** What the caller was doing, if that is traced. */
  origin?: TraceContext;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

interface Options {
  maxItems?: number;
  pauseMs?: number;
  lingerMs?: number;
  onFlush?: (items: number) => void;
  traced?: { tracing: Tracing; coalescer: string };
}

// A flush costs as much as some hundred items in it, so it is worth waiting for a crowd that is just coming in. Whoever
// sends one after another is never made to wait: a coalescer that carries a few items at a time does not pause.
const CROWD = 8;
const LOOK_EVERY_MS = 1;
const LONGEST_PAUSE_MS = 10;

/**
 * Group commit: while one flush is running, what arrives waits and forms the next one. An idle coalescer flushes a lone
 * item at once, a busy one carries hundreds in one transaction: after a flush of many it waits for as long as more keep coming in, some
 * milliseconds at most. Every caller gets its own answer, after the commit.
 *
 * A flush that fails is halved until the poisonous item stands alone; the others go through. When the database itself
 * is away, halving would only repeat the fault, so all of the flush is refused at once.
 */
export class Coalescer<Item, Result> {
  private waiting: Waiting<Item, Result>[] = [];
  private running?: Promise<void>;
  private readonly maxItems: number;
  private readonly pauseMs: number;
  private readonly lingerMs: number;
  private readonly onFlush?: (items: number) => void;
  private readonly traced: Options['traced'];
  private wantingRoom: (() => void)[] = [];

  /**
   * @param flush carries out all items in one transaction and answers in their order.
   * @param options `maxItems` in one flush, and a pause after each in which more can gather (none by default); `lingerMs`
   * to wait before the first, where nobody waits for the answer;
   * `onFlush` is told how many items each flush takes up; `traced` names the coalescer in traces.
   */
  constructor(
    private readonly flush: (items: Item[]) => Promise<Result[]>,
    { maxItems = 1000, pauseMs = 0, lingerMs = 0, onFlush, traced }: Options = {},
  ) {
    this.maxItems = maxItems;
    this.pauseMs = pauseMs;
    this.lingerMs = lingerMs;
    this.onFlush = onFlush;
    this.traced = traced?.tracing.enabled ? traced : undefined;
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, origin: this.traced?.tracing.here, resolve, reject });
      this.running ??= this.drain();
    });
  }

  /** Items not yet taken up by a flush. */
  get depth(): number {
    return this.waiting.length;
  }

  /** Resolves when a flush has taken up what waits, to true, or to false when that takes too long. */
  room(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs);
      this.wantingRoom.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  /** Resolves when nothing waits and nothing is being flushed. */
  async idle(): Promise<void> {
    while (this.running) await this.running;
  }

  private async drain(): Promise<void> {
    // Requests that were parsed in the same turn of the event loop share the first flush.
    await (this.lingerMs > 0 ? sleep(this.lingerMs) : new Promise(setImmediate));
    while (this.waiting.length > 0) {
      const group = this.waiting.splice(0, this.maxItems);
      for (const tell of this.wantingRoom.splice(0)) tell();
      this.onFlush?.(group.length);
      await this.attempt(group);
      if (this.pauseMs > 0) await sleep(this.pauseMs);
      else if (group.length >= CROWD) await this.gather();
    }
    this.running = undefined;
  }

  /** Resolves when what comes in pauses, or is enough for a flush. */
  private async gather(): Promise<void> {
    const until = performance.now() + LONGEST_PAUSE_MS;
    for (let before = -1; this.waiting.length > before && this.waiting.length < this.maxItems;) {
      before = this.waiting.length;
      await sleep(LOOK_EVERY_MS);
      if (performance.now() >= until) break;
    }
  }

  /** Whoever came first has begun the draining, and would be taken for the cause of all that follows. */
  private carryOut(group: Waiting<Item, Result>[]): Promise<Result[]> {
    const flush = () => this.flush(group.map(({ item }) => item));
    if (!this.traced) return flush();
    const { tracing, coalescer } = this.traced;
    return tracing.flush(
      coalescer,
      group.map(({ origin }) => origin),
      flush,
    );
  }

  private async attempt(group: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.carryOut(group);
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
