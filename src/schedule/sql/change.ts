import { statement } from '../../database/statement';
import { withJitter } from './jitter';

/** Pauses a schedule; the caller has locked it. */
export const pauseSchedule = statement<[name: string]>(
  'schedule-pause',
  `UPDATE schedule SET paused = true, updated_at = now() WHERE name = $1`,
);

/** Resumes a paused schedule at its next due time; the caller has locked it. */
export const resumeSchedule = statement<[name: string, nextDueAt: Date | null]>(
  'schedule-resume',
  `UPDATE schedule
   SET paused = false, updated_at = now(), next_due_at = $2::timestamptz,
       fire_at = ${withJitter('$2::timestamptz', 'jitter_secs')}
   WHERE name = $1`,
);

/** Removes a schedule, and with it the records of its firings; returns nothing if there is none. */
export const removeSchedule = statement<[name: string], { name: string }>(
  'schedule-remove',
  `DELETE FROM schedule WHERE name = $1 RETURNING name`,
);
