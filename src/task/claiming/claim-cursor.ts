import { DutyCycle } from '../../loops/duty-cycle';
import type { QueuePosition } from '../sql/claim';

/** A scan that takes longer has met many index entries of tasks that are gone. */
const SLOW_MS = 20;
/** After a slow scan that had more, scans from the front take half of the time, for more tasks wait there. */
const HAS_MORE_REST_FACTOR = 1;
/** However slow the last scan was, tasks in front wait no longer: it may have waited for a connection. */
const LONGEST_REST_MS = 5000;
/** Tasks bear the time at which their transaction began, and become visible when it ends. */
const COMMIT_LAG_MS = 5000;
/** The number of priorities that are remembered: the most recent ones. */
const MAX_PRIORITIES = 50;

/**
 * Where a claim resumes in the queue. While somebody keeps a transaction open, PostgreSQL cannot clean up, and a scan
 * from the front steps over the entries of all tasks started since. Slow scans become rare, and the claims between them
 * resume where tasks were found before. The next scan finds what has come to stand further in front: tasks that were
 * released or unblocked late, or have a new priority. It comes at once when the front had more and the end has not.
 */
export class ClaimCursor {
  private readonly positions = new Map<number, number>();
  private readonly scans = new DutyCycle(LONGEST_REST_MS);
  private frontHasMore = false;
  private endHasMore = false;

  /** For how many ms claims resume from here; 0 when the next one scans from the front. */
  get resumeMs(): number {
    if (this.positions.size === 0 || (this.frontHasMore && !this.endHasMore)) return 0;
    return this.scans.restMs;
  }

  /** Returns the positions by priority, the highest first, as JSON. */
  toJson(): string {
    const positions = [...this.positions].sort(([a], [b]) => b - a);
    return JSON.stringify(
      positions.map(([priority, time]) => ({ priority, since: new Date(time - COMMIT_LAG_MS).toISOString() })),
    );
  }

  /**
   * Takes note of a scan from the front.
   * @param tasks found; none was left behind in front of them.
   */
  scanned(tasks: readonly QueuePosition[], hasMore: boolean, ms: number): void {
    this.advance(tasks);
    this.frontHasMore = hasMore;
    this.endHasMore = true;
    this.scans.ran(ms >= SLOW_MS ? ms : 0, hasMore ? HAS_MORE_REST_FACTOR : undefined);
  }

  /** Takes note of a claim that resumed here. */
  resumed(tasks: readonly QueuePosition[], hasMore: boolean): void {
    this.advance(tasks);
    this.endHasMore = hasMore;
  }

  private advance(tasks: readonly QueuePosition[]): void {
    for (const { priority, created_at } of tasks) {
      const time = Math.max(created_at.getTime(), this.positions.get(priority) ?? 0);
      this.positions.delete(priority);
      this.positions.set(priority, time);
    }
    for (const priority of this.positions.keys()) {
      if (this.positions.size <= MAX_PRIORITIES) break;
      this.positions.delete(priority);
    }
  }
}
