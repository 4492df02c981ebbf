import { secondsUntil } from '../../src/webhook/retry-after';

describe('Retry-After', () => {
  const NOW = Date.UTC(2026, 10, 8, 8, 49, 37);
  beforeAll(() => void jest.useFakeTimers({ now: NOW }));
  afterAll(() => void jest.useRealTimers());

  it.each<[unknown, number | undefined]>([
    ['120', 120],
    [' 120 ', 120],
    ['0', 0],
    ['Sun, 08 Nov 2026 08:50:37 GMT', 60],
    ['Sunday, 08-Nov-26 08:50:37 GMT', 60],
    ['Sun Nov  8 08:50:37 2026', 60],
    ['Sun, 08 Nov 2026 09:50:37 +0100', 60],
    ['Sun, 08 Nov 2026 08:48:37 GMT', 0],
    [['30', '90'], 90],
    ['30, 90', 90],
    [['soon', 'Sun, 08 Nov 2026 08:50:37 GMT'], 60],
    ['soon', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['99999999999', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j asks for a wait of %j s', (value, secs) => {
    expect(secondsUntil(value, undefined)).toBe(secs);
  });

  it.each<[string | undefined, number]>([
    ['Sun, 08 Nov 2026 08:54:37 GMT', 60],
    ['soon', 360],
    [undefined, 360],
  ])('counts from the time of the answer, if it says %j', (date, secs) => {
    expect(secondsUntil('Sun, 08 Nov 2026 08:55:37 GMT', date)).toBe(secs);
  });
});
