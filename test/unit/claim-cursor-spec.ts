import { ClaimCursor } from '../../src/task/claiming/claim-cursor';

const QUICK_MS = 5;
/** Followed by the longest rest. */
const SLOW_MS = 10_000;

describe('The claim cursor', () => {
  const at = (priority: number, second: number) => ({ priority, created_at: new Date(second * 1000) });
  const positionsOf = (cursor: ClaimCursor) =>
    (JSON.parse(cursor.toJson()) as { priority: number; since: string }[]).map(({ priority, since }) => [
      priority,
      Date.parse(since) / 1000,
    ]);
  let cursor: ClaimCursor;
  beforeEach(() => (cursor = new ClaimCursor()));

  it('scans from the front again after a quick scan', () => {
    cursor.scanned([at(0, 100)], false, QUICK_MS);
    expect(cursor.resumeMs).toBe(0);
  });

  it('resumes after a slow scan, a few seconds before the youngest task that was found', () => {
    cursor.scanned([at(0, 100)], false, SLOW_MS);
    cursor.resumed([at(0, 120)], false);
    expect(cursor.resumeMs).toBeGreaterThan(1000);
    expect(positionsOf(cursor)).toEqual([[0, 115]]);
  });

  it('resumes after a slow scan that had more, until a resumed claim has no more', () => {
    cursor.scanned([at(0, 100)], true, SLOW_MS);
    cursor.resumed([at(0, 120)], true);
    expect(cursor.resumeMs).toBeGreaterThan(1000);
    cursor.resumed([], false);
    expect(cursor.resumeMs).toBe(0);
  });

  it('rests only for the duration of a slow scan that had more', () => {
    cursor.scanned([at(0, 100)], true, 500);
    expect(cursor.resumeMs).toBeLessThanOrEqual(500);
    cursor.scanned([at(0, 100)], false, 500);
    expect(cursor.resumeMs).toBeGreaterThan(1000);
  });

  it('scans from the front after five seconds at the latest, however slow the last scan was', () => {
    cursor.scanned([at(0, 100)], false, 10 * SLOW_MS);
    expect(cursor.resumeMs).toBeLessThanOrEqual(5000);
  });

  it('scans from the front as long as no task was ever found', () => {
    cursor.scanned([], false, SLOW_MS);
    expect(cursor.resumeMs).toBe(0);
  });

  it('has a position for each priority, that of the youngest task', () => {
    cursor.scanned([at(7, 50), at(0, 200), at(0, 100), at(-3, 300)], false, SLOW_MS);
    cursor.scanned([at(0, 10)], false, SLOW_MS);
    expect(positionsOf(cursor)).toEqual([
      [7, 45],
      [0, 195],
      [-3, 295],
    ]);
  });

  it('forgets the priorities that it has not met for the longest time', () => {
    for (let priority = 0; priority < 60; priority++) cursor.resumed([at(priority, 100)], false);
    cursor.resumed([at(10, 200)], false);
    expect(positionsOf(cursor)).toHaveLength(50);
    expect(positionsOf(cursor)).toContainEqual([10, 195]);
    expect(positionsOf(cursor)).not.toContainEqual([9, 95]);
  });
});
