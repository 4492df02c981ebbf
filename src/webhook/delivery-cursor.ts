import { DutyCycle } from '../loops/duty-cycle';

/** A scan that takes longer has met many index entries of notifications that are gone. */
const SLOW_MS = 20;
/** After a slow scan that found some, scans from the front take half of the time. */
const FOUND_REST_FACTOR = 1;
/** However slow the last scan was, notifications in front wait no longer. */
const LONGEST_REST_MS = 5000;
/** Notifications bear the time at which their transaction began, and become visible when it ends. */
const COMMIT_LAG_MS = 1000;

export const FROM_THE_FRONT = new Date(0);

/**
 * Where a lease resumes in the queue of notifications. While a transaction stays open (an ANALYZE of a large table is
 * enough), PostgreSQL cannot clean up, and a scan from the front steps over the entries of all notifications that were
 * delivered since. Slow scans become rare, and those between them resume where notifications were found before.
 */
export class DeliveryCursor {
  private readonly scans = new DutyCycle(LONGEST_REST_MS);
  private position = FROM_THE_FRONT;

  /** The time from which on the next lease looks for due notifications. */
  get since(): Date {
    return this.scans.restMs > 0 ? this.position : FROM_THE_FRONT;
  }

  /**
   * Takes note of a lease.
   * @param since where it began.
   * @param rows that it found. Others may be left that are no older than the first of them.
   */
  leased(since: Date, rows: readonly { due_at: Date }[], ms: number): void {
    const first = Math.min(...rows.map(({ due_at }) => due_at.getTime()));
    if (rows.length > 0) this.position = new Date(first - COMMIT_LAG_MS);
    if (since === FROM_THE_FRONT)
      this.scans.ran(ms >= SLOW_MS ? ms : 0, rows.length > 0 ? FOUND_REST_FACTOR : undefined);
  }
}
