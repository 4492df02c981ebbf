import { Logger } from '@nestjs/common';
import { DatabaseUnavailable } from '../../src/domain/errors';
import { Loop } from '../../src/loops/loop';
import type { LoopScheduler } from '../../src/loops/loop-scheduler';
import { persist } from '../../src/loops/persist';
import type { Round } from '../../src/loops/round';

const AWAY = new DatabaseUnavailable('Away', 1);
const MINUTES_MS = 3 * 60_000;

describe('After an outage of minutes', () => {
  beforeAll(() => Logger.overrideLogger(false));
  // Only the clock is the test's.
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const scheduler = {
    every: () => undefined,
    run: (_: string, round: () => unknown) => round(),
  } as unknown as LoopScheduler;

  test.each([
    ['a second of a database that is back', AWAY, 1000],
    ['15 s of another fault that is over', new Error('Wrong'), 15_000],
  ])('a loop has a round within %s', async (_, fault, most) => {
    const round = jest.fn<Promise<Round>, []>(() => Promise.reject(fault));
    const loop = new Loop('test', 3_600_000, round);
    loop.start(scheduler);
    await jest.advanceTimersByTimeAsync(MINUTES_MS);
    round.mockReset().mockResolvedValue({ found: 0, more: false });
    await jest.advanceTimersByTimeAsync(most);
    expect(round).toHaveBeenCalledTimes(1);
    await loop.stop();
  });

  test('what must not be lost is written within a second of the return of the database', async () => {
    const work = jest.fn<Promise<string>, []>(() => Promise.reject(AWAY));
    const written = persist(work, () => false);
    await jest.advanceTimersByTimeAsync(MINUTES_MS);
    work.mockReset().mockResolvedValue('written');
    await jest.advanceTimersByTimeAsync(1000);
    expect(work).toHaveBeenCalledTimes(1);
    expect(await written).toBe('written');
  });
});
