import { loadConfig } from '../../src/config/load';
import { backoffSecs } from '../../src/webhook/backoff';

describe('The pause before the next attempt', () => {
  const { delivery } = loadConfig({ WEBHOOK_RETRY_BACKOFF_BASE_SECS: '2', WEBHOOK_RETRY_BACKOFF_CAP_SECS: '300' });
  const drawn = (failures: number) => Array.from({ length: 500 }, () => backoffSecs(failures, delivery));

  test.each([
    [1, 2],
    [2, 4],
    [3, 8],
    [8, 256],
    [9, 300],
    [10, 300],
    [1000, 300],
    [100_000, 300],
  ])('after %i failure(s) is half to all of %i s', (failures, full) => {
    const pauses = drawn(failures);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(full / 2);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(full);
  });

  test('is spread, so that what failed together does not come back together', () => {
    const pauses = drawn(5);
    expect(new Set(pauses).size).toBeGreaterThan(400);
    expect(Math.max(...pauses) - Math.min(...pauses)).toBeGreaterThan(8);
  });

  test('never exceeds a cap that is below the base', () => {
    expect(backoffSecs(1, { ...delivery, backoffCapSecs: 1 })).toBeLessThanOrEqual(1);
  });
});
