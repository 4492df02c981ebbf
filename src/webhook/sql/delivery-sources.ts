import type { Trigger } from '../../domain/action';
import { triggerOf } from './action-of';
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

/** Where deliveries are read from: the columns of `DeliveryRow`, and SQL for what they are filtered by. */
export interface DeliverySource {
  columns: string;
  from: string;
  id: string;
  task: string;
  batch: string;
  trigger: string;
  /** As in the queue: in lower case, without a default port. */
  host: string;
  changed: string;
}

/** SQL: the host of a URL. Names in Unicode stay as they are written. */
const hostOf = (url: string) => `regexp_replace(regexp_replace(substring(lower(${url}) FROM '^https?://[^/?#]*'),
             '^(http:.*):80$|^(https:.*):443$', '\\1\\2'), '^.*[/@]', '')`;

/** The calls that have ended. */
export const HISTORY: DeliverySource = {
  columns: `v.id, v.task_id, v.batch_id, v.trigger::text, v.key AS idempotency_key, v.url, v.status::text, v.attempts,
             NULL::timestamptz AS next_attempt_at, v.last_status, v.last_error, v.created_at, v.updated_at`,
  from: 'delivery v',
  id: 'v.id',
  task: 'v.task_id',
  batch: 'v.batch_id',
  trigger: 'v.trigger::text',
  host: hostOf('v.url'),
  changed: 'v.updated_at',
};

const TRIGGER_OF_QUEUED = triggerOf('o.notice');

/** The notifications that are still to be delivered. */
export const QUEUE: DeliverySource = {
  columns: `o.id, o.task_id, o.batch_id, ${TRIGGER_OF_QUEUED} AS trigger, o.key AS idempotency_key, o.url,
             'pending' AS status, o.attempts, ${WAITS_UNTIL} AS next_attempt_at, o.last_status,
             ${WAITS_BECAUSE} AS last_error, o.created_at, o.updated_at`,
  from: `outbox o ${JOIN_COOLDOWN}`,
  id: 'o.id',
  task: 'o.task_id',
  batch: 'o.batch_id',
  trigger: TRIGGER_OF_QUEUED,
  host: 'o.host',
  changed: 'o.updated_at',
};

/** The start calls in flight, whose record is the claim on the task: `t.claimed_by` is not null. */
export const STARTS: DeliverySource = {
  columns: `t.id, t.id AS task_id, t.batch_id, 'start' AS trigger,
             t.id || CASE WHEN t.attempt > 1 THEN ':attempt-' || t.attempt ELSE '' END || ':start' AS idempotency_key,
             d.on_start -> 'params' ->> 'url' AS url, 'pending' AS status, t.start_calls AS attempts,
             NULL::timestamptz AS next_attempt_at, NULL::int AS last_status, NULL AS last_error,
             t.claimed_at AS created_at, t.claimed_at AS updated_at`,
  from: 'task t JOIN task_definition d ON d.id = t.id',
  id: 't.id',
  task: 't.id',
  batch: 't.batch_id',
  trigger: `'start'`,
  host: hostOf(`(d.on_start -> 'params' ->> 'url')`),
  changed: 't.claimed_at',
};
