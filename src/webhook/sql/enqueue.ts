import { statement } from '../../database/statement';
import type { Notice } from '../../domain/action';

/** One start call that was settled. While it is in flight, the claim on the task is its record. */
export interface StartRecord {
  id: string;
  task_id: string;
  batch_id: string;
  key: string;
  url: string;
  status: 'success' | 'failure';
  attempts: number;
  last_status?: number;
  last_error?: string;
  created_at: string;
}

/** A notification that is queued. */
export interface QueuedRow {
  key: string;
  id: string;
  task_id: string | null;
  batch_id: string;
  notice: Notice;
  position: number;
  awaiting_start: boolean;
  leased: boolean;
  url: string;
  host: string;
}

/**
 * Queues notifications, due at once unless held; those that are `leased` belong to this replica already, which makes
 * the first attempt right after the commit, and become due when `$2` seconds are over. These are counted from now and not
 * from the beginning of the transaction, which may have waited for locks. Rows come as one JSON array: a
 * statement for one or for ten thousand. A key that is queued already stays as it is; the first one wins. Answers such
 * keys, of which there are hardly ever any. Start calls that were settled (`$3`) go into the history with them: one statement for both.
 */
export const enqueue = statement<[rowsJson: string, leaseSecs: number, startsJson: string], { key: string }>(
  'outbox-enqueue',
  `WITH starts AS (
     INSERT INTO delivery (id, task_id, batch_id, trigger, key, url, status, attempts, last_status, last_error, created_at)
     SELECT id, task_id, batch_id, 'start', key, url, status, attempts, last_status, last_error, created_at
     FROM json_to_recordset($3::json) AS s(
       id uuid, task_id uuid, batch_id uuid, key text, url text, status delivery_status, attempts int, last_status int,
       last_error text, created_at timestamptz)
   ), input AS MATERIALIZED (
     SELECT * FROM json_to_recordset($1::json) AS r(
       key text, id uuid, task_id uuid, batch_id uuid, notice notice, position int, awaiting_start boolean, leased boolean,
       url text, host text)
   ), queued AS (
     INSERT INTO outbox (key, id, task_id, batch_id, notice, position, awaiting_start, attempts, next_attempt_at, url, host)
     SELECT key, id, task_id, batch_id, notice, position, awaiting_start, leased::int,
            CASE WHEN leased THEN clock_timestamp() + make_interval(secs => $2) ELSE now() END, url, host
     FROM input
     ON CONFLICT (key) DO NOTHING
     RETURNING key
   )
   SELECT key FROM input EXCEPT SELECT key FROM queued`,
);

/** The start calls of these tasks are settled: what waited for that may go. */
export const release = statement<[taskIds: string[]], { key: string }>(
  'outbox-release',
  `UPDATE outbox SET awaiting_start = false, next_attempt_at = now(), updated_at = now()
   WHERE task_id = ANY ($1::uuid[]) AND awaiting_start
   RETURNING key`,
);

/** Makes leased notifications due that were not sent after all, unless somebody else has taken them up since. */
export const giveBack = statement<[keys: string[], attempts: number[]]>(
  'outbox-give-back',
  `UPDATE outbox o SET attempts = o.attempts - 1, next_attempt_at = now(), updated_at = now()
   FROM unnest($1::text[], $2::int[]) AS g(key, attempts)
   WHERE o.key = g.key AND o.attempts = g.attempts AND g.attempts > 0`,
);
