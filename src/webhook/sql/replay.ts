import { statement } from '../../database/statement';

export interface ReplayableRow {
  id: string;
  status: 'success' | 'failure' | 'exhausted';
  url: string;
}

/** A delivery that is settled, whatever became of it. */
export const settledDelivery = statement<[id: string], ReplayableRow>(
  'delivery-settled',
  'SELECT id, status, url FROM delivery WHERE id = $1',
);

/** Notifications that were given up, of one task or of all, the oldest first. */
export const exhaustedDeliveries = statement<[task: string | null, limit: number], ReplayableRow>(
  'delivery-exhausted',
  `SELECT id, status, url FROM delivery
   WHERE status = 'exhausted' AND ($1::uuid IS NULL OR task_id = $1)
   ORDER BY updated_at, id
   LIMIT $2`,
);

/**
 * Takes given up notifications from the history back into the queue, with all their attempts before them and the key
 * that they had. One that somebody else has taken meanwhile is left alone.
 */
export const replay = statement<[ids: string[], hosts: string[]], { key: string }>(
  'delivery-replay',
  `WITH taken AS (
     DELETE FROM delivery d USING unnest($1::uuid[], $2::text[]) AS r(id, host)
     WHERE d.id = r.id AND d.status = 'exhausted'
     RETURNING d.*, r.host
   )
   INSERT INTO outbox (key, id, task_id, batch_id, notice, position, awaiting_start, next_attempt_at, last_status, last_error, url,
                       host, created_at)
   SELECT key, id, task_id, batch_id,
          CASE trigger WHEN 'cancel' THEN 'cancel' WHEN 'batch_complete' THEN 'complete'
            ELSE 'end:' || split_part(key, ':', 3) END::notice,
          position, false, now(), last_status, last_error, url, host, created_at
   FROM taken
   RETURNING key`,
);
