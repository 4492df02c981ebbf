import { ADVISORY_LOCKS } from '../../database/advisory-locks';
import { lock, statement } from '../../database/statement';
import type { Timing } from '../due-times';
import type { CatchUp, Overlap } from '../options';
import { withJitter } from './jitter';

/** Makes requests that create or replace the same schedule wait for each other: a row must exist to be locked. */
export const lockName = lock<[name: string]>(
  'schedule-lock-name',
  `SELECT pg_advisory_xact_lock(${ADVISORY_LOCKS.scheduleOfName}, hashtext($1))`,
);

export interface StoredTimingRow extends Timing {
  jitter_secs: number;
  paused: boolean;
  next_due_at: Date | null;
  last_due_at: Date | null;
}

/** Locks a schedule before it is changed. */
export const lockSchedule = lock<[name: string], StoredTimingRow>(
  'schedule-lock',
  `SELECT cron, timezone, starts_at, ends_at, jitter_secs, paused, next_due_at, last_due_at FROM schedule
   WHERE name = $1 FOR NO KEY UPDATE`,
);

/** Returns the time of the database, even if the transaction has waited since it began. */
export const clock = statement<[], { now: Date }>('schedule-clock', 'SELECT clock_timestamp() AS now');

/**
 * Creates or replaces a schedule; returns whether that made a difference. `$11`: when it is to be fired is kept, otherwise a
 * new share of the jitter is drawn. The caller has locked the schedule, so the subquery sees its latest version, as it was.
 */
export const saveSchedule = statement<
  [
    name: string,
    cron: string,
    timezone: string,
    startsAt: Date | null,
    endsAt: Date | null,
    overlap: Overlap,
    catchUp: CatchUp,
    jitterSecs: number,
    paused: boolean,
    batch: string,
    keepsFireAt: boolean,
    nextDueAt: Date | null,
  ],
  { changed: boolean }
>(
  'schedule-save',
  `INSERT INTO schedule AS s (name, cron, timezone, starts_at, ends_at, overlap, catch_up, jitter_secs, paused, batch,
                              next_due_at, fire_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8::int, $9, $10, $12::timestamptz, ${withJitter('$12::timestamptz', '$8::int')})
   ON CONFLICT (name) DO UPDATE
   SET updated_at = now(), cron = $2, timezone = $3, starts_at = $4, ends_at = $5, overlap = $6, catch_up = $7,
       jitter_secs = $8, paused = $9, batch = $10, next_due_at = EXCLUDED.next_due_at,
       fire_at = CASE WHEN $11 THEN s.fire_at ELSE EXCLUDED.fire_at END
   RETURNING NOT EXISTS (
     SELECT FROM schedule b
     WHERE b.name = $1
       AND (b.cron, b.timezone, b.starts_at, b.ends_at, b.overlap, b.catch_up, b.jitter_secs, b.paused, b.batch::text)
         IS NOT DISTINCT FROM ($2, $3, $4, $5, $6, $7, $8, $9, ($10::json)::text)
   ) AS changed`,
);
