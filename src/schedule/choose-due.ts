import { DueTimes, first } from './due-times';
import type { CatchUp } from './options';
import type { DueScheduleRow } from './sql/due';

/** A due time that is fired later than this, jitter aside, was missed because the service was away. */
const PUNCTUAL_MS = 5000;
/** The largest number of missed due times that are fired. */
const CAUGHT_UP: Record<CatchUp, number> = { none: 0, one: 1, all: 100 };
/** There may be a million missed due times: counting stops here. */
const MAX_COUNTED = 1000;

/** The due time to fire next; undefined if there is none any more. It lies in the future if all that are due are dropped. */
interface Choice {
  due: Date | undefined;
  /** Number of missed due times before it, which are dropped; 1,000 stands for at least as many. */
  missed: number;
}

/** Chooses which due time of a schedule is fired, and which missed ones are dropped. */
export function chooseDue(
  times: DueTimes,
  { next_due_at, catch_up, jitter_secs, now }: Pick<DueScheduleRow, 'next_due_at' | 'catch_up' | 'jitter_secs' | 'now'>,
): Choice {
  const punctual = new Date(now.getTime() - PUNCTUAL_MS - jitter_secs * 1000);
  if (next_due_at >= punctual) return { due: next_due_at, missed: 0 };
  const [caughtUp] = times.lastBefore(punctual, next_due_at, CAUGHT_UP[catch_up]);
  const [due] = caughtUp ? [caughtUp] : first(1, times.after(justBefore(punctual)));
  return { due, missed: countBetween(times, next_due_at, due ?? punctual) };
}

const justBefore = (instant: Date) => new Date(instant.getTime() - 1);

function countBetween(times: DueTimes, from: Date, until: Date): number {
  let count = 0;
  for (const time of times.after(justBefore(from))) {
    if (time >= until || ++count === MAX_COUNTED) break;
  }
  return count;
}
