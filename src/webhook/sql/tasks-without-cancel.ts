import { statement } from '../../database/statement';

/**
 * Returns which of these tasks have no cancel notification for an attempt (`$3`), neither queued nor in the history.
 * `$2` holds the key of the first cancel action of each task.
 */
export const tasksWithoutCancel = statement<[ids: string[], keys: string[], attempts: number[]], { id: string }>(
  'outbox-tasks-without-cancel',
  `SELECT c.id FROM unnest($1::uuid[], $2::text[], $3::int[]) AS c (id, key, attempt)
   WHERE NOT EXISTS (SELECT FROM outbox o WHERE o.key = c.key)
     AND NOT EXISTS (SELECT FROM delivery v WHERE v.task_id = c.id AND v.attempt = c.attempt AND v.trigger = 'cancel')`,
);
