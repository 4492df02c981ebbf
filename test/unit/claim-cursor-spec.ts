import { ClaimCursor } from '../../src/task/claiming/claim-cursor';

const QUICK_MS = 5;
/** So slow that the pause after it is the longest. */
const SLOW_MS = 10_000;

describe('After a look from the beginning of the queue', () => {
  const at = (priority: number, second: number) => ({ priority, created_at: new Date(second * 1000) });
  const positionsOf = (positions: ClaimCursor) =>
    (JSON.parse(positions.toJson()) as { priority: number; since: string }[]).map(({ priority, since }) => [
      priority,
      Date.parse(since) / 1000,
    ]);
  let positions: ClaimCursor;
  beforeEach(() => (positions = new ClaimCursor()));

  it('that was quick, the next one is from there too', () => {
    positions.scanned([at(0, 100)], false, QUICK_MS);
    expect(positions.resumeMs).toBe(0);
  });

  it('that was slow, the next ones go on', () => {
    positions.scanned([at(0, 100)], false, SLOW_MS);
    positions.resumed([at(0, 120)], false);
    expect(positions.resumeMs).toBeGreaterThan(1000);
    expect(positionsOf(positions)).toEqual([[0, 115]]);
  });

  it('that was slow and found enough, the next ones go on as long as they find enough too', () => {
    positions.scanned([at(0, 100)], true, SLOW_MS);
    positions.resumed([at(0, 120)], true);
    expect(positions.resumeMs).toBeGreaterThan(1000);
    positions.resumed([], false);
    expect(positions.resumeMs).toBe(0);
  });

  it('that was slow, the pause is long, but not longer than five seconds', () => {
    positions.scanned([at(0, 100)], false, 10 * SLOW_MS);
    expect(positions.resumeMs).toBeLessThanOrEqual(5000);
  });

  it('that was slow, there is nowhere to go on if nothing was ever found', () => {
    positions.scanned([], false, SLOW_MS);
    expect(positions.resumeMs).toBe(0);
  });

  it('each priority has a position, that of the youngest task', () => {
    positions.scanned([at(7, 50), at(0, 200), at(0, 100), at(-3, 300)], false, SLOW_MS);
    positions.scanned([at(0, 10)], false, SLOW_MS);
    expect(positionsOf(positions)).toEqual([
      [7, 45],
      [0, 195],
      [-3, 295],
    ]);
  });

  it('the priorities that were not seen for the longest time are forgotten', () => {
    for (let priority = 0; priority < 60; priority++) positions.resumed([at(priority, 100)], false);
    positions.resumed([at(10, 200)], false);
    expect(positionsOf(positions)).toHaveLength(50);
    expect(positionsOf(positions)).toContainEqual([10, 195]);
    expect(positionsOf(positions)).not.toContainEqual([9, 95]);
  });
});
