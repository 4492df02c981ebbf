import { statement } from '../../database/statement';
import type { FiringStatus } from '../options';

export interface FiringRow {
  due_at: Date;
  fired_at: Date;
  status: FiringStatus;
  batch_id: string | null;
  reason: string | null;
  manual: boolean;
}

/** Records a firing, and removes the oldest records of the schedule beyond a hundred. */
export const recordFiring = statement<
  [schedule: string, dueAt: Date, manual: boolean, status: FiringStatus, batchId: string | null, reason: string | null],
  FiringRow
>(
  'schedule-record-firing',
  `WITH old AS (
     SELECT id FROM schedule_firing WHERE schedule = $1 ORDER BY fired_at DESC, id DESC OFFSET 99
   ), removed AS (
     DELETE FROM schedule_firing f USING old WHERE f.id = old.id
   ), previous AS (
     UPDATE schedule SET last_batch_id = $5 WHERE name = $1 AND $5::uuid IS NOT NULL
   )
   INSERT INTO schedule_firing (schedule, due_at, manual, status, batch_id, reason) VALUES ($1, $2, $3, $4, $5, $6)
   RETURNING due_at, fired_at, status, batch_id, reason, manual`,
);

/** Returns the last firings of a schedule, the latest first. */
export const lastFirings = statement<[schedule: string, limit: number], FiringRow>(
  'schedule-last-firings',
  `SELECT due_at, fired_at, status, batch_id, reason, manual FROM schedule_firing WHERE schedule = $1
   ORDER BY fired_at DESC, id DESC LIMIT $2`,
);

/** Returns whether a batch has a task that has not ended. */
export const isUnfinished = statement<[batch: string], { unfinished: boolean }>(
  'schedule-is-unfinished',
  `SELECT EXISTS (
     SELECT FROM task_definition d JOIN task t ON t.id = d.id WHERE d.batch_id = $1 AND t.ended_at IS NULL
   ) AS unfinished`,
);
