import { statement } from '../../database/statement';

export interface ReplayableRow {
  id: string;
  status: 'success' | 'failure' | 'exhausted';
  url: string;
}

/** A delivery that is queued again. */
export interface ReplayedRow {
  batch_id: string;
  /** Null for the completion of a batch. */
  task_id: string | null;
}

/** Finds a delivery in the history. */
export const findDelivery = statement<[id: string], ReplayableRow>(
  'delivery-find',
  'SELECT id, status, url FROM delivery WHERE id = $1',
);

/** Finds exhausted deliveries of one task or of all, oldest first. */
export const findExhausted = statement<[task: string | null, limit: number], ReplayableRow>(
  'delivery-find-exhausted',
  `SELECT id, status, url FROM delivery
   WHERE status = 'exhausted' AND ($1::uuid IS NULL OR task_id = $1)
   ORDER BY updated_at, id
   LIMIT $2`,
);

/**
 * Moves exhausted deliveries from the history back into the queue, with the same keys and attempts counted from 0. A
 * delivery that another request has moved meanwhile is skipped.
 */
export const replay = statement<[ids: string[], hosts: string[]], ReplayedRow>(
  'delivery-replay',
  `WITH moved AS (
     DELETE FROM delivery d USING unnest($1::uuid[], $2::text[]) AS r(id, host)
     WHERE d.id = r.id AND d.status = 'exhausted'
     RETURNING d.*, r.host
   )
   INSERT INTO outbox (key, id, task_id, batch_id, attempt, notice, position, awaiting_start, next_attempt_at, last_status,
                       last_error, url, host, created_at)
   SELECT key, id, task_id, batch_id, attempt,
          CASE trigger WHEN 'cancel' THEN 'cancel' WHEN 'batch_complete' THEN 'complete'
            ELSE substring(key FROM 'end:(?:success|failure)') END::notice,
          position, false, now(), last_status, last_error, url, host, created_at
   FROM moved
   RETURNING batch_id, task_id`,
);
