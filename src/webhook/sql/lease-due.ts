import type { Action, Notice } from '../../domain/action';
import type { TraceContext } from '../../domain/trace-context';
import { statement } from '../../database/statement';
import { ACTION_OF, JOIN_ACTION } from './action-of';

/** A notification that this replica has a lease on. */
export interface LeasedRow {
  key: string;
  task_id: string | null;
  batch_id: string;
  /** The attempt at the task; for `complete`, how often the batch has completed. */
  attempt: number;
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

type FoundRow = Omit<LeasedRow, 'queued_at' | 'leased_until'> & { queued_at: Date };

/**
 * SQL: how many notifications its host may get. The planner knows nothing of this comparison. It would take
 * `host <> ALL (…)` for the exclusion of every row, and read the whole table instead of the first entries of the index.
 */
const CAPACITY = `COALESCE(((SELECT by_host FROM capacity) ->> host)::int, $3)`;

/**
 * Leases due notifications. They become due again when the lease ends, so those of a lost worker need no search. A host
 * gets at most as many as `$4` says for it, or `$3` if it is not in `$4`: a slow or dead receiver delays only itself.
 *
 * The keys to lease pass through an array. In a join, a plan made while the queue is empty, as it usually is, computes them
 * once for each queued notification: a lease took 0.4 s beside 1,600 of them.
 */
export const leaseDue = statement<
  [limit: number, leaseSecs: number, capacity: number, capacityByHostJson: string],
  FoundRow
>(
  'outbox-lease-due',
  `WITH capacity AS MATERIALIZED (
     SELECT $4::jsonb AS by_host
   ), due AS (
     SELECT key, host, next_attempt_at FROM outbox
     WHERE next_attempt_at <= now() AND NOT awaiting_start AND ${CAPACITY} > 0
     ORDER BY next_attempt_at
     LIMIT $1
     FOR UPDATE SKIP LOCKED
   ), fair AS (
     SELECT key FROM (
       SELECT key, host, row_number() OVER (PARTITION BY host ORDER BY next_attempt_at) AS position FROM due
     ) AS numbered WHERE position <= ${CAPACITY}
   ), leased AS (
     UPDATE outbox o
     SET attempts = o.attempts + 1, next_attempt_at = now() + make_interval(secs => $2), updated_at = now()
     WHERE o.key = ANY (ARRAY(SELECT key FROM fair))
     RETURNING o.*
   )
   SELECT n.key, n.task_id, n.batch_id, n.attempt, n.notice, n.attempts, n.host, n.created_at AS queued_at,
          bc.completion, COALESCE(d.trace, b.trace) AS trace, ${ACTION_OF} AS action
   FROM leased n ${JOIN_ACTION}
   LEFT JOIN batch_completion bc ON bc.batch_id = b.id AND bc.nth = n.attempt`,
);
