import { Cron } from 'croner';

export const MAX_CRON_LENGTH = 255;

const NICKNAMES = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];
const FIELDS = ['seconds', 'minutes', 'hours', 'day of the month', 'month', 'day of the week'];
/** The largest value of each field that belongs to the time of day, the last three before the date. */
const LARGEST = [59, 59, 23];

/** When a schedule is due. */
export interface Timing {
  cron: string;
  timezone: string;
  /** The earliest due time, if there is one. */
  starts_at: Date | null;
  /** The latest due time, if there is one. */
  ends_at: Date | null;
}

/**
 * The due times of a schedule. When clocks change, a schedule of every hour follows the clock: it skips times that do not
 * exist, and has both of those that occur twice. Any other schedule has each time of the day once: one that does not
 * exist is due at the first moment after the gap, one that occurs twice is due at its first occurrence.
 */
export class DueTimes {
  private readonly cron: Cron;
  private readonly startsAt: number;
  private readonly endsAt: number;

  constructor({ cron, timezone, starts_at, ends_at }: Timing) {
    this.cron = parse(withoutSteps(cron), canonical(timezone));
    this.startsAt = starts_at?.getTime() ?? -Infinity;
    this.endsAt = ends_at?.getTime() ?? Infinity;
  }

  /** Yields the due times after an instant, soonest first. */
  *after(instant: Date): Generator<Date> {
    let last = new Date(Math.max(instant.getTime(), this.startsAt - 1));
    for (;;) {
      const next = this.cron.nextRun(last);
      if (!next || next.getTime() > this.endsAt) return;
      yield next;
      last = next;
    }
  }

  /** Returns the last due times before an instant, oldest first; at most `count`, none before `since`. */
  lastBefore(instant: Date, since: Date, count: number): Date[] {
    const times: Date[] = [];
    const earliest = Math.max(since.getTime(), this.startsAt);
    let first = new Date(Math.min(instant.getTime(), this.endsAt + 1));
    while (times.length < count) {
      const [previous] = this.cron.previousRuns(1, first);
      if (!previous || previous.getTime() < earliest) break;
      times.unshift(previous);
      first = previous;
    }
    return times;
  }
}

/** Returns the first `count` items. */
export function first<T>(count: number, items: Iterable<T>): T[] {
  const taken: T[] = [];
  for (const item of items) {
    if (taken.push(item) === count) break;
  }
  return taken;
}

/** Returns what is wrong with a cron expression, if anything. */
export function cronFault(text: string): string | undefined {
  const fields = text.trim().split(/\s+/);
  if (text.trim().startsWith('@')) {
    return NICKNAMES.includes(text.trim().toLowerCase()) ? undefined : `must be one of ${NICKNAMES.join(', ')}`;
  }
  if (fields.length !== 5 && fields.length !== 6)
    return `must have five fields, six with seconds, or be one of ${NICKNAMES.join(', ')}`;
  const names = FIELDS.slice(-fields.length);
  const wrong = fields.findIndex(
    (_, n) => !isValid(fields.map((field, other) => (other === n ? field : '*')).join(' ')),
  );
  if (wrong >= 0) return `must have a valid field for ${names[wrong]}, not ${fields[wrong]}`;
  // Expressions repeat within four centuries, so any instant will do.
  return parse(withoutSteps(text), 'UTC').nextRun(new Date(0)) ? undefined : 'must come due at some time';
}

function parse(cron: string, timezone: string): Cron {
  return new Cron(cron, { mode: '5-or-6-parts', fixedTimeRule: 'no-wildcard', timezone, paused: true });
}

/** Returns the usual spelling of a time zone: the library keeps something for each spelling that it has seen. */
const canonical = (timeZone: string): string => new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;

function isValid(cron: string): boolean {
  try {
    parse(cron, 'UTC');
    return true;
  } catch {
    return false;
  }
}

/**
 * Writes wildcards and steps in the time of day as lists, unless the schedule is one of every hour: the library treats
 * only lists as times of the day, of which each is due once when clocks change.
 */
function withoutSteps(cron: string): string {
  const fields = cron.trim().split(/\s+/);
  if (fields.length < 5) return cron;
  const time = fields.slice(0, -3);
  if (time[time.length - 1].split(',').some((part) => /^[*?](\/0*1)?$/.test(part))) return cron;
  const largest = LARGEST.slice(-time.length);
  return [...time.map((field, n) => listed(field, largest[n])), ...fields.slice(-3)].join(' ');
}

const RANGE = /^([*?]|(\d+)-(\d+))(?:\/(\d+))?$/;

function listed(field: string, largest: number): string {
  const parts = field.split(',').map((part) => {
    const [, range, from = '0', to = String(largest), step = '1'] = RANGE.exec(part) ?? [];
    if (range === undefined) return part;
    const values: number[] = [];
    for (let value = Number(from); value <= Number(to); value += Number(step)) values.push(value);
    return values.join(',');
  });
  return parts.join(',');
}
