import type { Action, Notice } from '../../domain/action';
import type { TraceContext } from '../../domain/trace-context';
import { statement } from '../../database/statement';

/** A notification that this replica has a lease on. */
export interface LeasedRow {
  key: string;
  task_id: string | null;
  batch_id: string;
  notice: Notice;
  /** Attempts begun, this one included. */
  attempts: number;
  host: string;
  /** When it was queued, in ms as of `Date.now()`. */
  queued_at: number;
  /** The last moment at which a call may begin, in ms as of `performance.now()`. */
  leased_until: number;
  /** Null if the task has been removed. */
  action: Action | null;
  /** The member `arcrun` of the body of `on_batch_complete`. */
  completion: unknown;
  /** Trace of the request that created the task or batch. */
  trace: TraceContext | null;
}

/** A notification as it is leased. */
export type FoundRow = Omit<LeasedRow, 'queued_at' | 'leased_until'> & {
  queued_at: Date;
  /** Since when it was due. */
  due_at: Date;
};

/**
 * Leases notifications that are due, none of them since before `$5`. They become due again when the lease ends, so those
 * of a lost worker need no search. A host gets at most as many as `$4` says for it, or `$3` if it is not in `$4`: a slow
 * or dead receiver delays only itself.
 *
 * The capacity is compared in a way that the planner knows nothing of: it would take the exclusion of one host for that of
 * all rows, and read the whole table instead of the first entries of the index. The keys pass through an array: joined, they
 * would be computed once for each row of the table under a plan from when it was empty, as it usually is. That made a lease
 * take half a second with a backlog of 2,000.
 */
export const leaseDue = statement<
  [limit: number, leaseSecs: number, capacity: number, capacityByHostJson: string, since: Date],
  FoundRow
>(
  'outbox-lease-due',
  `WITH capacity AS MATERIALIZED (
     SELECT $4::jsonb AS by_host
   ), due AS (
     SELECT key, host, next_attempt_at, COALESCE(((SELECT by_host FROM capacity) ->> host)::int, $3) AS capacity
     FROM outbox
     WHERE next_attempt_at BETWEEN $5 AND now() AND NOT awaiting_start
       AND COALESCE(((SELECT by_host FROM capacity) ->> host)::int, $3) > 0
     ORDER BY next_attempt_at
     LIMIT $1
     FOR UPDATE SKIP LOCKED
   ), fair AS (
     SELECT key, next_attempt_at FROM (
       SELECT *, row_number() OVER (PARTITION BY host ORDER BY next_attempt_at) AS position FROM due
     ) AS numbered WHERE position <= capacity
   ), leased AS (
     UPDATE outbox o
     SET attempts = o.attempts + 1, next_attempt_at = now() + make_interval(secs => $2), updated_at = now()
     WHERE o.key = ANY (ARRAY(SELECT key FROM fair))
     RETURNING o.*
   )
   SELECT l.key, l.task_id, l.batch_id, l.notice, l.attempts, l.host, l.created_at AS queued_at,
          f.next_attempt_at AS due_at, b.completion,
          COALESCE(d.trace, b.trace) AS trace,
          CASE l.notice
            WHEN 'end:success' THEN d.on_success
            WHEN 'end:failure' THEN d.on_failure
            WHEN 'cancel' THEN d.on_cancel
            ELSE b.on_complete
          END -> l.position AS action
   FROM leased l
   JOIN fair f ON f.key = l.key
   LEFT JOIN task_definition d ON d.id = l.task_id
   LEFT JOIN batch b ON b.id = l.batch_id AND l.notice = 'complete'`,
);
