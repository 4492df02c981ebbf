import { statement } from '../../database/statement';

/** Locks a batch's unfinished tasks of one kind, in id order. */
export const lockUnfinished = statement<[batch: string, kind: string], { id: string }>(
  'batch-lock-unfinished',
  `SELECT t.id FROM task_definition d JOIN task t ON t.id = d.id
   WHERE d.batch_id = $1 AND t.kind = $2 AND t.ended_at IS NULL
   ORDER BY t.id
   FOR NO KEY UPDATE OF t`,
);

/**
 * Replaces the rules of these tasks, which must be locked by a statement before this one: it sees what a decision has set
 * aside that the lock waited for. What was set aside under the old rules is looked at again.
 */
export const updateRules = statement<[ids: string[], rulesJson: string | null]>(
  'batch-update-rules',
  `WITH unparked AS (
     UPDATE task SET blocked_by = NULL WHERE id = ANY ($1::uuid[]) AND blocked_by IS NOT NULL
   )
   UPDATE task_definition SET rules = $2::json WHERE id = ANY ($1::uuid[])`,
);

/** Whether a batch has any task. */
export const batchExists = statement<[batch: string], { exists: boolean }>(
  'batch-exists',
  `SELECT EXISTS (SELECT FROM task_definition WHERE batch_id = $1) AS exists`,
);
