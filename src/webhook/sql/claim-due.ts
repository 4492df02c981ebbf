import type { Action, Notice } from '../../domain/action';
import type { TraceContext } from '../../domain/trace-context';
import { statement } from '../../database/statement';

/** A notification that this replica has under a lease. */
export interface DueRow {
  key: string;
  task_id: string | null;
  batch_id: string;
  notice: Notice;
  attempts: number;
  host: string;
  /** When it was queued, in ms as of `Date.now()`. */
  queued_at: number;
  /** No call may begin after that, in ms as of `performance.now()`. */
  leased_until: number;
  /** Null when the task was removed meanwhile. */
  action: Action | null;
  /** What `on_batch_complete` tells beside the action's own body. */
  completion: unknown;
  /** Of the request that created the task or batch. */
  trace: TraceContext | null;
}

type ClaimedDueRow = Omit<DueRow, 'queued_at' | 'leased_until'> & { queued_at: Date };

/**
 * Takes due notifications under a lease: they become due again when it runs out, so a worker that dies gives back what
 * it held without anyone looking for it. No host gets more of a claim than `$4` says for it, or `$3` where it says
 * nothing: a receiver that is slow or dead keeps its own deliveries waiting and nobody else's.
 */
export const claimDue = statement<[limit: number, leaseSecs: number, room: number, roomsJson: string], ClaimedDueRow>(
  'outbox-claim-due',
  `WITH due AS (
     SELECT key, host, next_attempt_at FROM outbox
     WHERE next_attempt_at <= now() AND NOT awaiting_start
       AND host <> ALL (ARRAY(SELECT key FROM json_each_text($4::json) WHERE value = '0'))
     ORDER BY next_attempt_at
     LIMIT $1
     FOR UPDATE SKIP LOCKED
   ), fair AS (
     SELECT key FROM (
       SELECT key, host, row_number() OVER (PARTITION BY host ORDER BY next_attempt_at) AS place FROM due
     ) AS placed WHERE place <= COALESCE(($4::json ->> host)::int, $3)
   ), claimed AS (
     UPDATE outbox o
     SET attempts = o.attempts + 1, next_attempt_at = now() + make_interval(secs => $2), updated_at = now()
     FROM fair WHERE o.key = fair.key
     RETURNING o.*
   )
   SELECT c.key, c.task_id, c.batch_id, c.notice, c.attempts, c.host, c.created_at AS queued_at, b.completion,
          COALESCE(d.trace, b.trace) AS trace,
          CASE c.notice
            WHEN 'end:success' THEN d.on_success
            WHEN 'end:failure' THEN d.on_failure
            WHEN 'cancel' THEN d.on_cancel
            ELSE b.on_complete
          END -> c.position AS action
   FROM claimed c
   LEFT JOIN task_definition d ON d.id = c.task_id
   LEFT JOIN batch b ON b.id = c.batch_id AND c.notice = 'complete'`,
);
