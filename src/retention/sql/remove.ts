import { statement } from '../../database/statement';

export interface Removed {
  id: string;
  created_at: Date;
}

/**
 * Locks a chunk of tasks that ended before the retention time, oldest first, none created before `$3`. A task stays while a
 * notification about it is queued, or while the completion of its batch is awaited.
 */
export const lockOldTasks = statement<[days: number, limit: number, since: Date], Removed>(
  'retention-lock-old-tasks',
  `SELECT t.id, d.created_at FROM task_definition d
   JOIN task t ON t.id = d.id
   JOIN batch b ON b.id = d.batch_id
   WHERE d.created_at >= $3 AND d.created_at < now() - make_interval(days => $1)
     AND t.ended_at < now() - make_interval(days => $1)
     AND t.claimed_by IS NULL
     AND (b.on_complete IS NULL OR b.open_tasks = 0)
     AND NOT EXISTS (SELECT FROM outbox o WHERE o.task_id = t.id)
   ORDER BY d.created_at, d.id
   LIMIT $2
   FOR UPDATE OF t SKIP LOCKED`,
);

/**
 * Removes tasks with their definitions, attempts, links and deliveries. An earlier statement must have locked the tasks: then this
 * one sees every link that was written while its creator held them.
 */
export const removeTasks = statement<[ids: string[]], { id: string }>(
  'retention-remove-tasks',
  `WITH old AS MATERIALIZED (
     SELECT unnest($1::uuid[]) AS id
   ), deliveries AS (
     DELETE FROM delivery USING old WHERE delivery.task_id = old.id
   ), links_down AS (
     DELETE FROM link USING old WHERE link.parent_id = old.id
   ), links_up AS (
     DELETE FROM link USING old WHERE link.child_id = old.id
   ), attempts AS (
     DELETE FROM task_attempt USING old WHERE task_attempt.task_id = old.id
   ), definitions AS (
     DELETE FROM task_definition USING old WHERE task_definition.id = old.id
   )
   DELETE FROM task USING old WHERE task.id = old.id
   RETURNING task.id`,
);

/** Removes the oldest entries of the audit log that are older than the retention time. */
export const removeEntries = statement<[days: number, limit: number], { id: string }>(
  'retention-remove-entries',
  `WITH oldest AS MATERIALIZED (
     -- Entries are numbered nearly in the order of time, so that an index on the time is not needed.
     SELECT id FROM audit_log ORDER BY id LIMIT $2
   )
   DELETE FROM audit_log e USING oldest WHERE e.id = oldest.id AND e.at < now() - make_interval(days => $1)
   RETURNING e.id`,
);

const isEmpty = `NOT EXISTS (SELECT FROM task_definition d WHERE d.batch_id = b.id)
       AND NOT EXISTS (SELECT FROM outbox o WHERE o.batch_id = b.id AND o.notice = 'complete')`;

/** Locks a chunk of batches without tasks whose own notifications are delivered; none created before `$3`. */
export const lockOldBatches = statement<[days: number, limit: number, since: Date], Removed>(
  'retention-lock-old-batches',
  `SELECT b.id, b.created_at FROM batch b
   WHERE b.created_at >= $3 AND b.created_at < now() - make_interval(days => $1) AND ${isEmpty}
   ORDER BY b.created_at, b.id
   LIMIT $2
   FOR UPDATE OF b SKIP LOCKED`,
);

/** Removes locked batches, except those that got tasks before they were locked. */
export const removeBatches = statement<[ids: string[]], { id: string }>(
  'retention-remove-batches',
  `WITH old AS MATERIALIZED (
     SELECT b.id FROM batch b WHERE b.id = ANY ($1::uuid[]) AND ${isEmpty}
   ), deliveries AS (
     DELETE FROM delivery USING old WHERE delivery.batch_id = old.id AND delivery.task_id IS NULL
   ), completions AS (
     DELETE FROM batch_completion USING old WHERE batch_completion.batch_id = old.id
   )
   DELETE FROM batch USING old WHERE batch.id = old.id
   RETURNING batch.id`,
);
