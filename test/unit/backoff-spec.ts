import { backoff } from '../../src/domain/backoff';
import { DutyCycle } from '../../src/loops/duty-cycle';

describe('The pause before the next attempt', () => {
  const drawn = (failures: number) => Array.from({ length: 500 }, () => backoff(2, 300, failures));

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

  test('is random, so that calls that failed together do not return together', () => {
    const pauses = drawn(5);
    expect(new Set(pauses).size).toBeGreaterThan(400);
    expect(Math.max(...pauses) - Math.min(...pauses)).toBeGreaterThan(8);
  });

  test('never exceeds a cap below the base', () => {
    expect(backoff(2, 1, 1)).toBeLessThanOrEqual(1);
  });
});

describe('The rest of a duty cycle', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const after = (ms: number, longestMs?: number) => {
    const cycle = new DutyCycle(longestMs);
    cycle.ran(ms);
    return cycle.restMs;
  };

  test('is nine times the duration of the run, so that runs take a tenth of the time', () => {
    expect(after(20)).toBe(180);
  });

  test('never exceeds the longest', () => {
    expect(after(20, 100)).toBe(100);
  });
});
