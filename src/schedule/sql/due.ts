import { lock, statement } from '../../database/statement';
import type { Timing } from '../due-times';
import type { CatchUp, Overlap } from '../options';
import { withJitter } from './jitter';

/** A schedule as far as its firings need it. */
export interface FiringScheduleRow extends Timing {
  name: string;
  overlap: Overlap;
  catch_up: CatchUp;
  jitter_secs: number;
  batch: unknown;
  last_batch_id: string | null;
}

export interface DueScheduleRow extends FiringScheduleRow {
  next_due_at: Date;
  /** The time of the database. */
  now: Date;
  /** Seconds that have passed since it was to be fired. */
  lag_secs: number;
}

const FIELDS = `name, cron, timezone, starts_at, ends_at, overlap, catch_up, jitter_secs, batch, last_batch_id`;

/**
 * Lists the schedules that are due, the most overdue first, and how many milliseconds are left until another one is.
 * One that is due but locked by another replica does not count for the latter, or this replica would ask all the time.
 */
export const findDue = statement<[limit: number], { due: string[]; due_in_ms: number | null }>(
  'schedule-find-due',
  `SELECT ARRAY(SELECT name FROM schedule WHERE NOT paused AND fire_at <= now() ORDER BY fire_at LIMIT $1) AS due,
          (SELECT ceil(extract(epoch FROM min(fire_at) - now()) * 1000)::float FROM schedule
           WHERE NOT paused AND fire_at > now()) AS due_in_ms`,
);

/** Locks a schedule if it is due, and no other replica has locked it. */
export const lockDue = lock<[name: string], DueScheduleRow>(
  'schedule-lock-due',
  `SELECT ${FIELDS}, next_due_at, clock_timestamp() AS now,
          extract(epoch FROM clock_timestamp() - fire_at)::float AS lag_secs
   FROM schedule WHERE name = $1 AND NOT paused AND fire_at <= now()
   FOR NO KEY UPDATE SKIP LOCKED`,
);

/** Locks a schedule for a manual run. */
export const lockToRun = lock<[name: string], FiringScheduleRow>(
  'schedule-lock-to-run',
  `SELECT ${FIELDS} FROM schedule WHERE name = $1 FOR NO KEY UPDATE`,
);

/**
 * Moves a schedule to its next due time, with a new share of the jitter. The order of due times is kept: none is fired
 * before the one that it follows.
 */
export const advance = statement<[name: string, nextDueAt: Date | null, lastDueAt: Date | null]>(
  'schedule-advance',
  `UPDATE schedule
   SET next_due_at = $2::timestamptz,
       fire_at = CASE WHEN $2 IS NOT NULL THEN greatest(fire_at, ${withJitter('$2', 'jitter_secs')}) END,
       last_due_at = COALESCE($3, last_due_at)
   WHERE name = $1`,
);
