import type { Trigger } from '../../domain/action';
import { Filter } from '../../database/filter';
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

const settled = (condition: string) => `
     (SELECT id, task_id, batch_id, trigger::text, key AS idempotency_key, url, status::text, attempts,
             NULL::timestamptz AS next_attempt_at, last_status, last_error, created_at, updated_at
      FROM delivery
      WHERE ${condition}
      ORDER BY updated_at DESC, id DESC
      LIMIT $limit::bigint + $offset::bigint)`;

const pending = (condition: { outbox: string; task: string }) => `
     (SELECT id, task_id, batch_id,
             CASE notice WHEN 'cancel' THEN 'cancel' WHEN 'complete' THEN 'batch_complete' ELSE 'end' END AS trigger,
             key AS idempotency_key, url, 'pending' AS status, attempts, ${WAITS_UNTIL} AS next_attempt_at, last_status,
             ${WAITS_BECAUSE} AS last_error, created_at, updated_at
      FROM outbox o ${JOIN_COOLDOWN}
      WHERE ${condition.outbox}
      ORDER BY updated_at DESC, id DESC
      LIMIT $limit::bigint + $offset::bigint)
     UNION ALL
     (SELECT t.id, t.id, t.batch_id, 'start', t.id || ':start', d.on_start -> 'params' ->> 'url', 'pending',
             t.start_calls, NULL, NULL, NULL, t.claimed_at, t.claimed_at
      FROM task t JOIN task_definition d ON d.id = t.id
      WHERE t.claimed_by IS NOT NULL AND ${condition.task}
      ORDER BY t.claimed_at DESC, t.id DESC
      LIMIT $limit::bigint + $offset::bigint)`;

/**
 * What was sent and what is to be sent, last changed first: the history, the queue, and the start calls in flight,
 * whose record is the claim on the task. Each part that can have what is asked for gives at most what the page can
 * need, from its own index, so the cost goes with the page number and not with the history.
 */
export function listDeliveries(
  { status, task_id }: { status?: DeliveryStatus; task_id?: string },
  limit: number,
  offset: number,
): [Statement<unknown[], DeliveryRow>, unknown[]] {
  const filter = new Filter().add('task', 'task_id = ?', task_id);
  const parts: string[] = [];
  // The state stands in the text, so that the index on what did not succeed is seen to fit.
  if (status !== 'pending') parts.push(settled(`${filter.where}${status ? ` AND status = '${status}'` : ''}`));
  if (!status || status === 'pending') {
    parts.push(pending({ outbox: filter.where, task: filter.where.replace('task_id', 't.id') }));
  }
  const [$limit, $offset] = [filter.bind(limit), filter.bind(offset)];
  const text = `SELECT * FROM (${parts.join('\n     UNION ALL')}
   ) AS deliveries
   ORDER BY updated_at DESC, id DESC
   LIMIT $limit::bigint OFFSET $offset::bigint`;
  return [
    statement<unknown[], DeliveryRow>(
      `delivery-list-${status ?? 'all'}${filter.suffix}`,
      text.replaceAll('$limit', $limit).replaceAll('$offset', $offset),
    ),
    filter.values,
  ];
}
