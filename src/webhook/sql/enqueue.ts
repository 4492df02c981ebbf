import { statement } from '../../database/statement';
import type { Notice } from '../../domain/action';

/** A start call with its result. While the call is in flight, the claim on the task is its record. */
export interface StartRecord {
  id: string;
  task_id: string;
  batch_id: string;
  /** The attempt at the task. */
  attempt: number;
  key: string;
  url: string;
  status: 'success' | 'failure';
  attempts: number;
  last_status?: number;
  last_error?: string;
  last_duration_ms?: number;
  /** The beginning of the answer. */
  last_answer?: string;
  created_at: string;
}

/** A notification as it is queued. */
export interface QueuedRow {
  key: string;
  id: string;
  task_id: string | null;
  batch_id: string;
  /** The attempt at the task; for `complete`, how often the batch has completed. */
  attempt: number;
  notice: Notice;
  position: number;
  awaiting_start: boolean;
  leased: boolean;
  url: string;
  host: string;
}

/**
 * Queues notifications and adds start calls (`$3`) to the history. Notifications are due at once, except two kinds:
 * - `leased`: this replica sends them right after the commit. They become due after `$2` seconds, counted from now and
 *   not from the start of the transaction, which may have waited for locks.
 * - `awaiting_start`: not sent before the start result of their task is recorded.
 *
 * A key that is queued already stays as it is. Returns such keys, which are rare.
 */
export const enqueue = statement<[rowsJson: string, leaseSecs: number, startsJson: string], { key: string }>(
  'outbox-enqueue',
  `WITH starts AS (
     INSERT INTO delivery
       (id, task_id, batch_id, attempt, trigger, key, url, status, attempts, last_status, last_error, last_duration_ms,
        last_answer, created_at)
     SELECT id, task_id, batch_id, attempt, 'start', key, url, status, attempts, last_status, last_error, last_duration_ms,
            last_answer, created_at
     FROM json_to_recordset($3::json) AS s(
       id uuid, task_id uuid, batch_id uuid, attempt int, key text, url text, status delivery_status, attempts int,
       last_status int, last_error text, last_duration_ms int, last_answer text, created_at timestamptz)
   ), input AS MATERIALIZED (
     SELECT * FROM json_to_recordset($1::json) AS r(
       key text, id uuid, task_id uuid, batch_id uuid, attempt int, notice notice, position int, awaiting_start boolean, leased boolean,
       url text, host text)
   ), queued AS (
     INSERT INTO outbox
       (key, id, task_id, batch_id, attempt, notice, position, awaiting_start, attempts, next_attempt_at, url, host)
     SELECT key, id, task_id, batch_id, attempt, notice, position, awaiting_start, leased::int,
            CASE WHEN leased THEN clock_timestamp() + make_interval(secs => $2) ELSE now() END, url, host
     FROM input
     ON CONFLICT (key) DO NOTHING
     RETURNING key
   )
   SELECT key FROM input EXCEPT SELECT key FROM queued`,
);

/** Makes notifications due that waited for the start results of these tasks. */
export const releaseAfterStart = statement<[taskIds: string[]], { key: string }>(
  'outbox-release-after-start',
  `UPDATE outbox SET awaiting_start = false, next_attempt_at = now(), updated_at = now()
   WHERE task_id = ANY ($1::uuid[]) AND awaiting_start
   RETURNING key`,
);

/** Ends leases on notifications that were not sent; they are due at once. A newer lease of another replica stays. */
export const endLeases = statement<[keys: string[], attempts: number[]]>(
  'outbox-end-leases',
  `UPDATE outbox o SET attempts = o.attempts - 1, next_attempt_at = now(), updated_at = now()
   FROM unnest($1::text[], $2::int[]) AS l(key, attempts)
   WHERE o.key = l.key AND o.attempts = l.attempts AND l.attempts > 0`,
);
