import type { Place } from '../sql/claim';

/** A look from the beginning that takes longer than that has met many entries of tasks that are gone. */
const SLOW_MS = 20;
/** After a slow one, so many times as long passes until the next: looking from the beginning takes a tenth of the time. */
const PAUSE_FACTOR = 9;
/** If it found as many tasks as it looked for, more of them wait there, and looking takes half of the time. */
const RICH_PAUSE_FACTOR = 1;
/** What stands in front waits no longer than that for a look, however slow the last one was: it may have waited for a connection. */
const LONGEST_PAUSE_MS = 5000;
/** Tasks bear the time at which their transaction began, and are seen when it has ended. */
const COMMIT_LAG_MS = 5000;
/** Of more, the one that was not seen for the longest time is forgotten. */
const MOST_PRIORITIES = 50;

/**
 * Where looks for tasks that may start go on. While anybody keeps a transaction open, PostgreSQL cannot clean up, and a
 * look from the beginning of the queue steps over the entry of every task that was started since. Such looks become
 * seldom as they become slow, and those between them begin where tasks were found before. What has come to stand further in
 * front, because it was released or brought back late, or has a priority not seen before, is found by the next look from the
 * beginning. If there was enough of that, and there is not enough where the last look ended, that one comes at once.
 */
export class ClaimCursor {
  private readonly last = new Map<number, number>();
  private fromBeginningAt = 0;
  private isBeginningRich = false;
  private isEndRich = false;

  /** For how many ms looks go on; 0: the next one is to be from the beginning. */
  get resumeMs(): number {
    if (this.last.size === 0 || (this.isBeginningRich && !this.isEndRich)) return 0;
    return Math.max(0, this.fromBeginningAt - performance.now());
  }

  /** The positions by priority, the highest first, as JSON. */
  toJson(): string {
    const positions = [...this.last].sort(([a], [b]) => b - a);
    return JSON.stringify(
      positions.map(([priority, time]) => ({ priority, since: new Date(time - COMMIT_LAG_MS).toISOString() })),
    );
  }

  /**
   * To be told of a look from the beginning.
   * @param tasks that it found; none before them was left behind.
   * @param isRich there may be more.
   * @param ms that it took.
   */
  scanned(tasks: readonly Place[], isRich: boolean, ms: number): void {
    this.found(tasks);
    this.isBeginningRich = isRich;
    this.isEndRich = true;
    const pauseMs = ms * (isRich ? RICH_PAUSE_FACTOR : PAUSE_FACTOR);
    this.fromBeginningAt = ms >= SLOW_MS ? performance.now() + Math.min(LONGEST_PAUSE_MS, pauseMs) : 0;
  }

  /** The same of a look that went on. */
  resumed(tasks: readonly Place[], isRich: boolean): void {
    this.found(tasks);
    this.isEndRich = isRich;
  }

  private found(tasks: readonly Place[]): void {
    for (const { priority, created_at } of tasks) {
      const time = Math.max(created_at.getTime(), this.last.get(priority) ?? 0);
      this.last.delete(priority);
      this.last.set(priority, time);
    }
    for (const priority of this.last.keys()) {
      if (this.last.size <= MOST_PRIORITIES) break;
      this.last.delete(priority);
    }
  }
}
