import { statement } from '../../database/statement';

/** Locks the unfinished tasks of one kind in a batch, in id order. */
export const lockUnfinished = statement<[batch: string, kind: string], { id: string }>(
  'batch-lock-unfinished',
  `SELECT t.id FROM task_definition d JOIN task t ON t.id = d.id
   WHERE d.batch_id = $1 AND t.kind = $2 AND t.ended_at IS NULL
   ORDER BY t.id
   FOR NO KEY UPDATE OF t`,
);

/**
 * Replaces the rules of tasks, unblocks them, and returns those whose rules were different. An earlier statement must have
 * locked them: then this one sees the blocks of decisions that the lock waited for.
 */
export const updateRules = statement<[ids: string[], rulesJson: string | null], { id: string }>(
  'batch-update-rules',
  `WITH unblocked AS (
     UPDATE task SET blocked_by = NULL WHERE id = ANY ($1::uuid[]) AND blocked_by IS NOT NULL
   )
   UPDATE task_definition SET rules = $2::json
   WHERE id = ANY ($1::uuid[]) AND rules::jsonb IS DISTINCT FROM $2::jsonb
   RETURNING id`,
);

/** Returns whether a batch has any task. */
export const batchHasTasks = statement<[batch: string], { exists: boolean }>(
  'batch-has-tasks',
  `SELECT EXISTS (SELECT FROM task_definition WHERE batch_id = $1) AS exists`,
);
