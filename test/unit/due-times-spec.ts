import { chooseDue } from '../../src/schedule/choose-due';
import { cronFault, DueTimes, first } from '../../src/schedule/due-times';

const BERLIN = 'Europe/Berlin';
const NEW_YORK = 'America/New_York';
const LORD_HOWE = 'Australia/Lord_Howe';

const timesOf = (cron: string, timezone = 'UTC', bounds: { starts_at?: string; ends_at?: string } = {}) =>
  new DueTimes({
    cron,
    timezone,
    starts_at: bounds.starts_at ? new Date(bounds.starts_at) : null,
    ends_at: bounds.ends_at ? new Date(bounds.ends_at) : null,
  });
const written = (times: Date[]) => times.map((time) => time.toISOString().replace(':00.000Z', 'Z'));
/** Returns all due times after one instant and up to another. */
const between = (from: string, until: string, cron: string, timezone: string) =>
  written(first(1000, timesOf(cron, timezone, { ends_at: until }).after(new Date(from))));
/** Returns the same, looking back. */
const backwards = (from: string, until: string, cron: string, timezone: string) => {
  const after = new Date(new Date(from).getTime() + 1);
  const before = new Date(new Date(until).getTime() + 1);
  return written(timesOf(cron, timezone).lastBefore(before, after, 1000));
};
const next = (count: number, from: string, cron: string, timezone = 'UTC') =>
  written(first(count, timesOf(cron, timezone).after(new Date(from))));

describe('Due times when clocks change', () => {
  const spring = {
    berlin: ['2026-03-28T20:00Z', '2026-03-29T20:00Z'],
    newYork: ['2026-03-08T01:00Z', '2026-03-08T20:00Z'],
  };
  const autumn = {
    berlin: ['2026-10-24T20:00Z', '2026-10-25T20:00Z'],
    newYork: ['2026-11-01T01:00Z', '2026-11-01T20:00Z'],
  };
  const lordHowe = {
    gap: ['2026-10-03T08:00Z', '2026-10-04T08:00Z'],
    repeat: ['2026-04-04T08:00Z', '2026-04-05T08:00Z'],
  };

  it.each([
    ['2:30 in Berlin', spring.berlin, '30 2 * * *', BERLIN, ['2026-03-29T01:00Z']],
    ['2:00 and 3:00 in Berlin', spring.berlin, '0 2,3 * * *', BERLIN, ['2026-03-29T01:00Z']],
    ['every half hour from 2 to 3 in Berlin', spring.berlin, '*/30 2 * * *', BERLIN, ['2026-03-29T01:00Z']],
    ['every second of the hour from 2 to 3 in Berlin', spring.berlin, '* * 2 * * *', BERLIN, ['2026-03-29T01:00Z']],
    ['2:30 in New York', spring.newYork, '30 2 * * *', NEW_YORK, ['2026-03-08T07:00Z']],
    ['2:15 at Lord Howe', lordHowe.gap, '15 2 * * *', LORD_HOWE, ['2026-10-03T15:30Z']],
  ])('have a time that does not exist once, after the gap: %s', (_, [from, until], cron, timezone, expected) => {
    expect(between(from, until, cron, timezone)).toEqual(expected);
    expect(backwards(from, until, cron, timezone)).toEqual(expected);
  });

  it.each([
    ['2:30 in Berlin', autumn.berlin, '30 2 * * *', BERLIN, ['2026-10-25T00:30Z']],
    [
      'every half hour from 2 to 3 in Berlin',
      autumn.berlin,
      '*/30 2 * * *',
      BERLIN,
      ['2026-10-25T00:00Z', '2026-10-25T00:30Z'],
    ],
    ['1:30 in New York', autumn.newYork, '30 1 * * *', NEW_YORK, ['2026-11-01T05:30Z']],
    ['1:45 at Lord Howe', lordHowe.repeat, '45 1 * * *', LORD_HOWE, ['2026-04-04T14:45Z']],
  ])('have a time that occurs twice once, the first time: %s', (_, [from, until], cron, timezone, expected) => {
    expect(between(from, until, cron, timezone)).toEqual(expected);
    expect(backwards(from, until, cron, timezone)).toEqual(expected);
  });

  it('have each time of a schedule for every second hour once', () => {
    const hours = (from: string) =>
      between(from, new Date(Date.parse(from) + 9 * 3_600_000).toISOString(), '0 */2 * * *', BERLIN);
    expect(hours('2026-03-28T22:00Z')).toEqual([
      '2026-03-28T23:00Z',
      '2026-03-29T01:00Z',
      '2026-03-29T02:00Z',
      '2026-03-29T04:00Z',
      '2026-03-29T06:00Z',
    ]);
    expect(hours('2026-10-24T21:00Z')).toEqual([
      '2026-10-24T22:00Z',
      '2026-10-25T00:00Z',
      '2026-10-25T03:00Z',
      '2026-10-25T05:00Z',
    ]);
  });

  it.each([
    ['Berlin, forward', '2026-03-29T00:00Z', '2026-03-29T02:00Z', BERLIN],
    ['Berlin, back', '2026-10-24T23:00Z', '2026-10-25T03:00Z', BERLIN],
    ['New York, forward', '2026-03-08T06:00Z', '2026-03-08T08:00Z', NEW_YORK],
    ['New York, back', '2026-11-01T04:00Z', '2026-11-01T08:00Z', NEW_YORK],
    ['Lord Howe, forward', '2026-10-03T14:30Z', '2026-10-03T17:00Z', LORD_HOWE],
    ['Lord Howe, back', '2026-04-04T13:30Z', '2026-04-04T17:00Z', LORD_HOWE],
  ])('go on every ten minutes: %s', (_, from, until, timezone) => {
    const expected: string[] = [];
    for (let time = Date.parse(from) + 600_000; time <= Date.parse(until); time += 600_000) {
      expected.push(new Date(time).toISOString().replace(':00.000Z', 'Z'));
    }
    expect(between(from, until, '*/10 * * * *', timezone)).toEqual(expected);
    expect(backwards(from, until, '*/10 * * * *', timezone)).toEqual(expected);
  });

  it('follow the clock for a schedule of every hour where it changes by half an hour', () => {
    expect(next(3, '2026-04-04T13:50Z', '45 * * * *', LORD_HOWE)).toEqual([
      '2026-04-04T14:45Z',
      '2026-04-04T15:15Z',
      '2026-04-04T16:15Z',
    ]);
  });
});

describe('Due times', () => {
  it('skip years without a 29 February, and months without a 31st', () => {
    expect(next(2, '2096-01-01T00:00Z', '0 0 29 2 *')).toEqual(['2096-02-29T00:00Z', '2104-02-29T00:00Z']);
    expect(next(4, '2026-01-01T00:00Z', '0 0 31 * *')).toEqual([
      '2026-01-31T00:00Z',
      '2026-03-31T00:00Z',
      '2026-05-31T00:00Z',
      '2026-07-31T00:00Z',
    ]);
  });

  it.each([
    ['@hourly', '2026-01-01T01:00Z'],
    ['@daily', '2026-01-02T00:00Z'],
    ['@midnight', '2026-01-02T00:00Z'],
    ['@weekly', '2026-01-04T00:00Z'],
    ['@monthly', '2026-02-01T00:00Z'],
    ['@yearly', '2027-01-01T00:00Z'],
    ['@ANNUALLY', '2027-01-01T00:00Z'],
  ])('are known for %s', (cron, expected) => {
    expect(cronFault(cron)).toBeUndefined();
    expect(next(1, '2026-01-01T00:00Z', cron)).toEqual([expected]);
  });

  it('of six fields are given to the second', () => {
    const times = first(3, timesOf('*/20 * * * * *').after(new Date('2026-01-01T00:00:20.5Z')));
    expect(times.map((time) => time.toISOString())).toEqual([
      '2026-01-01T00:00:40.000Z',
      '2026-01-01T00:01:00.000Z',
      '2026-01-01T00:01:20.000Z',
    ]);
  });

  it('lie between the first and the last possible one, both included', () => {
    const hourly = timesOf('0 * * * *', 'UTC', { starts_at: '2026-01-02T10:00Z', ends_at: '2026-01-02T12:00Z' });
    const expected = ['2026-01-02T10:00Z', '2026-01-02T11:00Z', '2026-01-02T12:00Z'];
    expect(written(first(10, hourly.after(new Date('2026-01-01T00:00Z'))))).toEqual(expected);
    expect(written(first(10, hourly.after(new Date('2026-01-02T11:30Z'))))).toEqual(expected.slice(2));
    expect(first(10, hourly.after(new Date('2026-01-02T12:00Z')))).toEqual([]);
    expect(written(hourly.lastBefore(new Date('2026-02-01T00:00Z'), new Date(0), 10))).toEqual(expected);
    expect(written(hourly.lastBefore(new Date('2026-01-02T12:00Z'), new Date('2026-01-02T10:30Z'), 10))).toEqual(
      expected.slice(1, 2),
    );
  });
});

describe('A late due time', () => {
  const dueAt = new Date('2026-01-01T10:00Z');
  /** Returns what is chosen of an hourly schedule this many milliseconds after its due time. */
  const choose = (lateMs: number, catch_up: 'none' | 'one', jitter_secs = 0) =>
    chooseDue(timesOf('0 * * * *'), {
      next_due_at: dueAt,
      now: new Date(dueAt.getTime() + lateMs),
      catch_up,
      jitter_secs,
    });
  const fired = { due: dueAt, missed: 0 };
  const dropped = { due: new Date('2026-01-01T11:00Z'), missed: 1 };

  it('counts as missed after five seconds', () => {
    expect(choose(5000, 'none')).toEqual(fired);
    expect(choose(5001, 'none')).toEqual(dropped);
    expect(choose(5001, 'one')).toEqual(fired);
  });

  it('is allowed the time of the jitter in addition', () => {
    expect(choose(65_000, 'none', 60)).toEqual(fired);
    expect(choose(65_001, 'none', 60)).toEqual(dropped);
  });
});

describe('A cron expression', () => {
  it.each([
    ['0 0 * * 7'],
    ['0 0 * JAN-MAR MON,WED'],
    ['  0\t0 * * * '],
    ['0 0 L * *'],
    ['0 0 29 2 *'],
    ['0-59/7 1-5/2 */3 1,15 * 1-5'],
  ])('is valid: %s', (cron) => {
    expect(cronFault(cron)).toBeUndefined();
  });

  const FORM = /^must have five fields, six with seconds, or be one of @yearly, /;
  it.each([
    ['', FORM],
    ['* * * *', FORM],
    ['* * * * * * *', FORM],
    ['2026-01-01T00:00:00Z', FORM],
    ['@reboot', /^must be one of @yearly, .*@hourly$/],
    ['60 * * * *', /^must have a valid field for minutes, not 60$/],
    ['0 0 25 * * *', /^must have a valid field for hours, not 25$/],
    ['5/15 * * * *', /^must have a valid field for minutes, not 5\/15$/],
    ['0 22-2 * * *', /^must have a valid field for hours, not 22-2$/],
    ['0 0 32 * *', /^must have a valid field for day of the month, not 32$/],
    ['0 0 * FOO *', /^must have a valid field for month, not FOO$/],
    ['0 0 * * 8', /^must have a valid field for day of the week, not 8$/],
    ['0 0 30 2 *', /^must come due at some time$/],
    ['0 0 31 4,6,9,11 *', /^must come due at some time$/],
  ])('is refused with a reason: %s', (cron, expected) => {
    expect(cronFault(cron)).toMatch(expected);
  });

  // The worst of these takes 0.1 s: a search ends after four centuries or at the end of the calendar.
  it.each([
    ['0 0 30 2 *'],
    ['* * * 31W 2 *'],
    ['59 59 23 L 2 +1#1'],
    ['0 0 29 2 +1#5'],
    [`${Array(80).fill('*').join(',')} ${Array(40).fill('0-59').join(',')} 1 1 1 *`],
    [`${'9'.repeat(240)} * * * *`],
  ])('gets a verdict, however expensive it is to judge: %s', (cron) => {
    if (cronFault(cron) !== undefined) return;
    const times = timesOf(cron, BERLIN);
    expect(first(5, times.after(new Date('2026-01-01T00:00Z'))).length).toBeGreaterThan(0);
    times.lastBefore(new Date('2026-01-01T00:00Z'), new Date(0), 100);
  });
});
