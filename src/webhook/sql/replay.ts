import { type Statement, statement } from '../../database/statement';
import { NOTICE_OF_DELIVERY } from './action-of';
import { DeliveryConditions, type DeliveryFilter } from './delivery-filter';
import { HISTORY } from './delivery-sources';

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

/** Finds exhausted deliveries, oldest first. */
export function findExhausted(filter: DeliveryFilter, limit: number): [Statement<unknown[], ReplayableRow>, unknown[]] {
  const conditions = new DeliveryConditions(filter, [limit]);
  const all = [`v.status = 'exhausted'`, ...conditions.indexed(HISTORY), ...conditions.searched(HISTORY)];
  return [
    statement<unknown[], ReplayableRow>(
      `delivery-find-exhausted${conditions.suffix}`,
      `SELECT v.id, v.status, v.url FROM delivery v
   WHERE ${all.join(' AND ')}
   ORDER BY v.updated_at, v.id
   LIMIT $1`,
    ),
    conditions.values,
  ];
}

/**
 * Moves exhausted deliveries from the history back into the queue, with the same keys and logs, and attempts counted from 0. A
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
                       last_error, attempt_log, url, host, created_at)
   SELECT key, id, task_id, batch_id, attempt,
          (${NOTICE_OF_DELIVERY})::notice,
          position, false, now(), last_status, last_error, attempt_log, url, host, created_at
   FROM moved v
   RETURNING batch_id, task_id`,
);
