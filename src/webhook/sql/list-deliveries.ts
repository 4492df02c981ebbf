import type { Trigger } from '../../domain/action';
import { statement } from '../../database/statement';

export const DELIVERY_STATUSES = ['pending', 'success', 'failure', 'exhausted'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export interface DeliveryRow {
  id: string;
  task_id: string | null;
  batch_id: string;
  trigger: Trigger;
  idempotency_key: string;
  url: string;
  status: DeliveryStatus;
  attempts: number;
  next_attempt_at: Date | null;
  last_status: number | null;
  last_error: string | null;
  created_at: Date;
  updated_at: Date;
}

/**
 * What was sent and what is to be sent, last changed first: the history, the queue, and the start calls in flight,
 * whose record is the claim on the task. Each part gives at most what the page can need, from its own index, so the
 * cost goes with the page number and not with the history.
 */
export const listDeliveries = statement<
  [status: DeliveryStatus | null, taskId: string | null, limit: number, offset: number],
  DeliveryRow
>(
  'delivery-list',
  `SELECT * FROM (
     (SELECT id, task_id, batch_id, trigger::text, key AS idempotency_key, url, status::text, attempts,
             NULL::timestamptz AS next_attempt_at, last_status, last_error, created_at, updated_at
      FROM delivery
      WHERE ($1::text IS NULL OR status::text = $1) AND ($2::uuid IS NULL OR task_id = $2)
      ORDER BY updated_at DESC, id DESC
      LIMIT $3::bigint + $4::bigint)
     UNION ALL
     (SELECT id, task_id, batch_id,
             CASE notice WHEN 'cancel' THEN 'cancel' WHEN 'complete' THEN 'batch_complete' ELSE 'end' END,
             key, url, 'pending', attempts, next_attempt_at, last_status, last_error, created_at, updated_at
      FROM outbox
      WHERE ($1 IS NULL OR $1 = 'pending') AND ($2 IS NULL OR task_id = $2)
      ORDER BY updated_at DESC, id DESC
      LIMIT $3::bigint + $4::bigint)
     UNION ALL
     (SELECT t.id, t.id, t.batch_id, 'start', t.id || ':start', d.on_start -> 'params' ->> 'url', 'pending',
             t.start_calls, NULL, NULL, NULL, t.claimed_at, t.claimed_at
      FROM task t JOIN task_definition d ON d.id = t.id
      WHERE t.claimed_by IS NOT NULL AND ($1 IS NULL OR $1 = 'pending') AND ($2 IS NULL OR t.id = $2)
      ORDER BY t.claimed_at DESC, t.id DESC
      LIMIT $3::bigint + $4::bigint)
   ) AS deliveries
   ORDER BY updated_at DESC, id DESC
   LIMIT $3::bigint OFFSET $4::bigint`,
);
