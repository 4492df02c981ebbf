import { statement } from '../../database/statement';

/**
 * Queues notifications, due at once unless held. Rows come as one JSON array: a statement for one or for ten thousand.
 * A key that is queued already stays as it is; the first one wins.
 */
export const enqueue = statement<[rowsJson: string]>(
  'outbox-enqueue',
  `INSERT INTO outbox (key, id, task_id, batch_id, notice, position, held, next_attempt_at, url, host)
   SELECT key, id, task_id, batch_id, notice, position, held, now(), url, host
   FROM json_to_recordset($1::json) AS r(
     key text, id uuid, task_id uuid, batch_id uuid, notice notice, position int, held boolean, url text, host text)
   ON CONFLICT (key) DO NOTHING`,
);

/** The start calls of these tasks are settled: what waited for that may go. */
export const release = statement<[taskIds: string[]], { key: string }>(
  'outbox-release',
  `UPDATE outbox SET held = false, next_attempt_at = now(), updated_at = now()
   WHERE task_id = ANY ($1::uuid[]) AND held
   RETURNING key`,
);
