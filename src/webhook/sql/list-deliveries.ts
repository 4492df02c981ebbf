import type { Trigger } from '../../domain/action';
import { type Statement, statement } from '../../database/statement';
import { JOIN_COOLDOWN, WAITS_BECAUSE, WAITS_UNTIL } from './cool-down';

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

const LIMIT = '$1::bigint';
const OFFSET = '$2::bigint';
const TASK = '$3';

const history = (condition: string) => `
     (SELECT id, task_id, batch_id, trigger::text, key AS idempotency_key, url, status::text, attempts,
             NULL::timestamptz AS next_attempt_at, last_status, last_error, created_at, updated_at
      FROM delivery
      WHERE ${condition}
      ORDER BY updated_at DESC, id DESC
      LIMIT ${LIMIT} + ${OFFSET})`;

const queued = (condition: string) => `
     (SELECT id, task_id, batch_id,
             CASE notice WHEN 'cancel' THEN 'cancel' WHEN 'complete' THEN 'batch_complete' ELSE 'end' END AS trigger,
             key AS idempotency_key, url, 'pending' AS status, attempts, ${WAITS_UNTIL} AS next_attempt_at, last_status,
             ${WAITS_BECAUSE} AS last_error, created_at, updated_at
      FROM outbox o ${JOIN_COOLDOWN}
      WHERE ${condition}
      ORDER BY updated_at DESC, id DESC
      LIMIT ${LIMIT} + ${OFFSET})`;

const startsInFlight = (condition: string) => `
     (SELECT t.id, t.id AS task_id, t.batch_id, 'start' AS trigger, t.id || CASE WHEN t.attempt > 1 THEN ':attempt-' || t.attempt ELSE '' END || ':start' AS idempotency_key,
             d.on_start -> 'params' ->> 'url' AS url, 'pending' AS status, t.start_calls AS attempts,
             NULL::timestamptz AS next_attempt_at, NULL::int AS last_status, NULL AS last_error,
             t.claimed_at AS created_at, t.claimed_at AS updated_at
      FROM task t JOIN task_definition d ON d.id = t.id
      WHERE t.claimed_by IS NOT NULL AND ${condition}
      ORDER BY t.claimed_at DESC, t.id DESC
      LIMIT ${LIMIT} + ${OFFSET})`;

/**
 * Lists deliveries, last changed first: the history, the queue, and start calls in flight, whose record is the claim on
 * the task. Each part reads from its own index, and at most what the page can need: the cost grows with the page number,
 * not with the history.
 */
export function listDeliveries(
  { status, task_id }: { status?: DeliveryStatus; task_id?: string },
  limit: number,
  offset: number,
): [Statement<unknown[], DeliveryRow>, unknown[]] {
  const ofTask = (column: string) => (task_id ? `${column} = ${TASK}` : 'true');
  const parts: string[] = [];
  // The status stands in the text, so that the planner sees that the partial index on unsuccessful deliveries fits.
  if (status !== 'pending') parts.push(history(ofTask('task_id') + (status ? ` AND status = '${status}'` : '')));
  if (!status || status === 'pending') parts.push(queued(ofTask('task_id')), startsInFlight(ofTask('t.id')));
  return [
    statement<unknown[], DeliveryRow>(
      `delivery-list-${status ?? 'all'}${task_id ? '-task' : ''}`,
      `SELECT * FROM (${parts.join('\n     UNION ALL')}
   ) AS deliveries
   ORDER BY updated_at DESC, id DESC
   LIMIT ${LIMIT} OFFSET ${OFFSET}`,
    ),
    task_id ? [limit, offset, task_id] : [limit, offset],
  ];
}
