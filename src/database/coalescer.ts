import { DatabaseUnavailable } from '../domain/errors';
import { sleep } from '../domain/backoff';
import type { TraceContext } from '../domain/trace-context';
import type { Tracing } from '../tracing/tracing';

interface Waiting<Item, Result> {
  item: Item;
  /** The trace of the caller, if there is one. */
  origin?: TraceContext;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

interface Options {
  /** The most items in one flush. */
  maxItems?: number;
  /** Pause after each flush, in which items gather. */
  pauseMs?: number;
  /** Delay before the first flush, for items whose callers do not wait for the result. */
  lingerMs?: number;
  /** Called with the number of items of each flush. */
  onFlush?: (items: number) => void;
  /** Names the coalescer in traces. */
  traced?: { tracing: Tracing; coalescer: string };
}

// A flush costs as much as some hundred of its items, so it pays to wait while many callers arrive. A coalescer that carries
// few items at a time does not pause, so a lone client that sends one after another never waits.
const MANY_ITEMS = 8;
const CHECK_EVERY_MS = 1;
const LONGEST_GATHER_MS = 10;

/**
 * Group commit: items that arrive during a flush form the next one. An idle coalescer flushes a lone item at once; a busy
 * one writes hundreds in one transaction. After a flush of many items it gathers for some milliseconds while more keep
 * coming. Every caller gets its own result after the commit.
 *
 * A failed flush is halved until the failing item stands alone, and the others succeed. When the database is away, halving
 * would only repeat the fault, so the whole flush is refused at once.
 */
export class Coalescer<Item, Result> {
  private waiting: Waiting<Item, Result>[] = [];
  private running?: Promise<void>;
  private readonly maxItems: number;
  private readonly pauseMs: number;
  private readonly lingerMs: number;
  private readonly onFlush?: (items: number) => void;
  private readonly traced: Options['traced'];
  private awaitingCapacity: (() => void)[] = [];

  /** @param flush writes all items in one transaction and returns their results in the same order. */
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

  /** Resolves to the result of the item once its flush is committed. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, origin: this.traced?.tracing.here, resolve, reject });
      this.running ??= this.drain();
    });
  }

  /** Returns the number of items that no flush has taken up yet. */
  get depth(): number {
    return this.waiting.length;
  }

  /** Resolves to true when a flush has taken up the waiting items, or to false after `timeoutMs`. */
  capacity(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs);
      this.awaitingCapacity.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  /** Resolves when no item waits and no flush is running. */
  async idle(): Promise<void> {
    while (this.running) await this.running;
  }

  private async drain(): Promise<void> {
    // Requests that were parsed in the same turn of the event loop share the first flush.
    await (this.lingerMs > 0 ? sleep(this.lingerMs) : new Promise(setImmediate));
    while (this.waiting.length > 0) {
      const group = this.waiting.splice(0, this.maxItems);
      for (const proceed of this.awaitingCapacity.splice(0)) proceed();
      this.onFlush?.(group.length);
      await this.attempt(group);
      if (this.pauseMs > 0) await sleep(this.pauseMs);
      else if (group.length >= MANY_ITEMS) await this.gather();
    }
    this.running = undefined;
  }

  /** Resolves when no more items arrive, or there are enough for a flush. */
  private async gather(): Promise<void> {
    const until = performance.now() + LONGEST_GATHER_MS;
    for (let before = -1; this.waiting.length > before && this.waiting.length < this.maxItems;) {
      before = this.waiting.length;
      await sleep(CHECK_EVERY_MS);
      if (performance.now() >= until) break;
    }
  }

  /** Flushes in a trace of its own, linked to all callers; else the flush would appear as part of the first caller's trace. */
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
