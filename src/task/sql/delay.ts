import { statement } from '../../database/statement';

/**
 * Moves the start of a task that has not started to `$2`, or to now. A `Pending` task becomes delayed even if its time has
 * come: the due loop decides whether it may start. `$3`: the attempt that must be the current one, or null for any. No row:
 * the task has started, is at another attempt, or does not exist.
 */
export const reschedule = statement<[id: string, runAt: Date | null, attempt: number | null], { batch_id: string }>(
  'task-reschedule',
  `UPDATE task
   SET run_at = COALESCE($2::timestamptz, now()), delay_secs = NULL, blocked_by = NULL, last_updated = now(),
       delayed = COALESCE(paused_from, status) = 'Pending'
   WHERE id = $1 AND COALESCE(paused_from, status) IN ('Waiting', 'Pending')
     AND attempt = COALESCE($3, attempt)
   RETURNING batch_id`,
);

export interface DueRow {
  /** Tasks that are in the queue now. */
  queued: number;
  /** Milliseconds until the next task is due; null if none is. */
  due_in_ms: number | null;
  /** Whether a task was left behind because another transaction has locked it. */
  any_locked: boolean;
}

/**
 * Whether the cancel call to the receiver of the attempt before is still to be made. Until it has been answered or has
 * failed once, the task does not start, so that two receivers never work on one task knowingly.
 */
export const awaitsCancel = (task: string): string => `(${task}.attempt > 1 AND EXISTS (
       SELECT FROM outbox o
       WHERE o.task_id = ${task}.id AND o.notice = 'cancel' AND o.last_status IS NULL AND o.last_error IS NULL))`;

const mayBeQueued = `status = 'Pending' AND delayed AND run_at <= now() AND NOT ${awaitsCancel('task')}`;

/** Puts delayed tasks into the queue whose time has come, at most `$1`. The clock of the database decides. */
export const queueDue = statement<[limit: number], DueRow>(
  'task-queue-due',
  `WITH due AS (
     SELECT id FROM task WHERE ${mayBeQueued}
     ORDER BY run_at
     LIMIT $1
     FOR NO KEY UPDATE SKIP LOCKED
   ), queued AS (
     UPDATE task SET delayed = false WHERE id = ANY (ARRAY(SELECT id FROM due)) RETURNING id
   )
   SELECT (SELECT count(*)::int FROM queued) AS queued,
          (SELECT extract(epoch FROM min(run_at) - clock_timestamp())::float8 * 1000 FROM task
           WHERE status = 'Pending' AND delayed AND run_at > now()) AS due_in_ms,
          EXISTS (SELECT FROM task WHERE ${mayBeQueued} AND id NOT IN (SELECT id FROM due)) AS any_locked`,
);
