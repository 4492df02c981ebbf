import { statement } from '../../database/statement';

/**
 * Moves the start of a task that has not started to `$2`, or to now. A `Pending` task becomes delayed even if its time has
 * come: the due loop decides whether it may start. `$3`: the attempt that must be the current one, or null for any. No row:
 * the task has started, is at another attempt, or does not exist.
 */
export const reschedule = statement<[id: string, runAt: Date | null, attempt: number | null], { id: string }>(
  'task-reschedule',
  `UPDATE task
   SET run_at = COALESCE($2::timestamptz, now()), delay_secs = NULL, blocked_by = NULL, last_updated = now(),
       delayed = COALESCE(paused_from, status) = 'Pending'
   WHERE id = $1 AND COALESCE(paused_from, status) IN ('Waiting', 'Pending')
     AND attempt = COALESCE($3, attempt)
   RETURNING id`,
);

export interface DueRow {
  /** Tasks that may start now. */
  released: number;
  /** Milliseconds until the next task is due; null if none is. */
  due_in_ms: number | null;
  /** Whether due tasks must wait for a cancel call, or are locked. */
  held_back: boolean;
}

/**
 * A cancel call to the receiver of the attempt before that no attempt was made for. It keeps the task from starting, so
 * that two receivers never work on one task knowingly.
 */
const awaitsCancel = `task.attempt > 1 AND EXISTS (
       SELECT FROM outbox o
       WHERE o.task_id = task.id AND o.notice = 'cancel' AND o.last_status IS NULL AND o.last_error IS NULL)`;

const isDue = `status = 'Pending' AND delayed AND run_at <= now()`;

/** Releases delayed tasks whose time has come, at most `$1`. The clock of the database decides. */
export const releaseDue = statement<[limit: number], DueRow>(
  'task-release-due',
  `WITH due AS (
     SELECT id FROM task WHERE ${isDue} AND NOT (${awaitsCancel})
     ORDER BY run_at
     LIMIT $1
     FOR NO KEY UPDATE SKIP LOCKED
   ), released AS (
     UPDATE task SET delayed = false WHERE id = ANY (ARRAY(SELECT id FROM due)) RETURNING id
   )
   SELECT (SELECT count(*)::int FROM released) AS released,
          (SELECT extract(epoch FROM min(run_at) - clock_timestamp())::float8 * 1000 FROM task
           WHERE status = 'Pending' AND delayed AND run_at > now()) AS due_in_ms,
          EXISTS (SELECT FROM task WHERE ${isDue} AND id NOT IN (SELECT id FROM due)) AS held_back`,
);
