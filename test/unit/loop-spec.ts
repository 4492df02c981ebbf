import { Logger } from '@nestjs/common';
import { DatabaseUnavailable } from '../../src/domain/errors';
import type { Iteration } from '../../src/loops/iteration';
import { Loop } from '../../src/loops/loop';
import type { LoopScheduler } from '../../src/loops/loop-scheduler';
import { persist } from '../../src/loops/persist';

const AWAY = new DatabaseUnavailable('Away', 1);
const MINUTES_MS = 3 * 60_000;

describe('After an outage of minutes', () => {
  beforeAll(() => Logger.overrideLogger(false));
  // The clock is fake, as the test waits for minutes.
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const scheduler = {
    every: () => undefined,
    run: (_: string, iteration: () => unknown) => iteration(),
  } as unknown as LoopScheduler;

  test.each([
    ['a second of the return of the database', AWAY, 1000],
    ['15 s of the end of another fault', new Error('Wrong'), 15_000],
  ])('a loop runs an iteration within %s', async (_, fault, most) => {
    const iteration = jest.fn<Promise<Iteration>, []>(() => Promise.reject(fault));
    const loop = new Loop('test', 3_600_000, iteration);
    loop.start(scheduler);
    await jest.advanceTimersByTimeAsync(MINUTES_MS);
    iteration.mockReset().mockResolvedValue({ found: 0, hasMore: false });
    await jest.advanceTimersByTimeAsync(most);
    expect(iteration).toHaveBeenCalledTimes(1);
    await loop.stop();
  });

  test('a write that must not be lost succeeds within a second of the return of the database', async () => {
    const work = jest.fn<Promise<string>, []>(() => Promise.reject(AWAY));
    const written = persist(work, () => false);
    await jest.advanceTimersByTimeAsync(MINUTES_MS);
    work.mockReset().mockResolvedValue('written');
    await jest.advanceTimersByTimeAsync(1000);
    expect(work).toHaveBeenCalledTimes(1);
    expect(await written).toBe('written');
  });
});
