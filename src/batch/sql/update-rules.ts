import { statement } from '../../database/statement';

/**
 * Replaces the rules of a batch's unfinished tasks of one kind. What was set aside under the old ones is looked at
 * again. Tasks are locked in id order before their definitions change.
 */
export const updateRules = statement<[batch: string, kind: string, rulesJson: string | null], { id: string }>(
  'batch-update-rules',
  `WITH locked AS MATERIALIZED (
     SELECT t.id FROM task_definition d JOIN task t ON t.id = d.id
     WHERE d.batch_id = $1 AND t.kind = $2 AND t.ended_at IS NULL
     ORDER BY t.id
     FOR NO KEY UPDATE OF t
   ), unparked AS (
     UPDATE task t SET parked_on = NULL FROM locked WHERE t.id = locked.id AND t.parked_on IS NOT NULL
   )
   UPDATE task_definition d SET rules = $3::json FROM locked WHERE d.id = locked.id
   RETURNING d.id`,
);

/** Whether a batch has any task. */
export const batchExists = statement<[batch: string], { exists: boolean }>(
  'batch-exists',
  `SELECT EXISTS (SELECT FROM task_definition WHERE batch_id = $1) AS exists`,
);
