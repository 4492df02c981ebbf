import { statement } from '../../database/statement';

/** Which of these tasks have no cancel notification: neither queued nor settled. Keys of `$2` belong to the tasks, in order. */
export const undeliveredCancels = statement<[ids: string[], keys: string[]], { id: string }>(
  'outbox-untold-of-cancel',
  `SELECT c.id FROM unnest($1::uuid[], $2::text[]) AS c (id, key)
   WHERE NOT EXISTS (SELECT FROM outbox o WHERE o.key = c.key)
     AND NOT EXISTS (SELECT FROM delivery v WHERE v.task_id = c.id AND v.trigger = 'cancel')`,
);
