import { asArray, UNKNOWN_LIMIT } from '../../dag/sql/planner-hints';
import type { Action } from '../../domain/action';
import type { TaskStatus } from '../../domain/task-status';
import type { TraceContext } from '../../domain/trace-context';
import { lock, statement } from '../../database/statement';
import { isRuled } from '../../rules/sql/kinds';

export interface CandidateRow {
  id: string;
  status: TaskStatus;
  paused_from: TaskStatus | null;
  attempt: number;
  /** False: a parent or child of a candidate, which is only locked. */
  is_candidate: boolean;
}

/**
 * Locks, in id order, the tasks that a rerun of batch `$1` may concern, and everything that it may affect:
 * - the candidates: the named tasks (`$2`) and those of their descendants that did not succeed; without names, all tasks that
 *   did not succeed. With `$3`, also the descendants that succeeded or have not ended;
 * - their children, which may have to wait again;
 * - their unfinished parents, so that none of them ends unnoticed.
 */
export const lockForRerun = lock<[batch: string, named: string[] | null, downstream: boolean], CandidateRow>(
  'rerun-lock',
  `WITH RECURSIVE named AS MATERIALIZED (
     SELECT d.id FROM task_definition d JOIN task t ON t.id = d.id
     WHERE d.batch_id = $1
       AND CASE WHEN $2::uuid[] IS NULL THEN t.status IN ('Failure', 'Canceled') ELSE d.id = ANY ($2) END
   ), below AS (
     (SELECT id FROM named WHERE $2 IS NOT NULL OR $3 ${UNKNOWN_LIMIT})
     UNION
     SELECT c.id FROM below CROSS JOIN LATERAL (
       ${asArray('SELECT l.child_id FROM link l WHERE l.parent_id = below.id')}
     ) c
   ), candidates AS MATERIALIZED (
     SELECT id FROM named
     UNION
     SELECT t.id FROM task t
     WHERE t.id = ANY (ARRAY(SELECT id FROM below)) AND t.batch_id = $1 AND ($3 OR t.status IN ('Failure', 'Canceled'))
   ), footprint AS (
     SELECT id FROM candidates
     UNION
     SELECT l.child_id FROM candidates c CROSS JOIN LATERAL (
       SELECT child_id FROM link WHERE parent_id = c.id OFFSET 0
     ) l
     UNION
     SELECT l.parent_id FROM candidates c CROSS JOIN LATERAL (
       SELECT parent_id FROM link WHERE child_id = c.id OFFSET 0
     ) l WHERE (SELECT p.ended_at IS NULL FROM task p WHERE p.id = l.parent_id)
   )
   SELECT t.id, t.status, t.paused_from, t.attempt, t.id IN (SELECT id FROM candidates) AS is_candidate FROM task t
   WHERE t.id = ANY (ARRAY(SELECT id FROM footprint))
   ORDER BY t.id
   FOR NO KEY UPDATE OF t`,
);

/** What a rerun did to a task. */
export interface RerunRow {
  /**
   * - `rerun`: it runs again, as the next attempt;
   * - `waits`: it has not started, and waits for a parent that runs again;
   * - `left out`: it requires a parent that did not succeed and does not run again.
   */
  effect: 'rerun' | 'waits' | 'left out';
  id: string;
  kind: string;
  /** The new attempt, for `rerun`. */
  attempt: number;
  was: TaskStatus;
  status: TaskStatus;
  /** It waits for its time, or for a cancel call to the receiver of the attempt before. */
  delayed: boolean;
  /** Whether its completion counts for its batch. */
  batch_awaited: boolean;
  /** A start call of the attempt before is in flight. */
  start_open: boolean;
  /** Cancel actions of a receiver that was silent, which may still work. */
  on_cancel: Action[] | null;
  /** Trace of the request that created the task. */
  trace: TraceContext | null;
  /** Whether rules count tasks of its kind. */
  ruled: boolean;
}

// The parents of a task that run again, and, on a condition, those that have not ended. `IN` is looked up in a hash table;
// `EXISTS` would search all tasks of the rerun for each link.
const parents = (unfinishedIf: string) => `(SELECT count(*)::int FROM link l
       WHERE l.child_id = x.id AND (
         l.parent_id IN (SELECT id FROM again)
         OR ${unfinishedIf} AND (SELECT p.ended_at IS NULL FROM task p WHERE p.id = l.parent_id)))`;

/**
 * Lets ended tasks (`$1`) run again. They must be locked. Children that have not started wait for them again. The attempts
 * that are over move to the history, with the cancel actions of those that were canceled or silent. Until their receivers
 * are notified, the next attempt is delayed. A `run_at` that has not come stays.
 */
export const rerun = statement<[ids: string[]], RerunRow>(
  'task-rerun',
  `WITH RECURSIVE chosen AS MATERIALIZED (
     SELECT id, status, attempt, started_at, ended_at, failure_reason, success, failures, claimed_by IS NOT NULL AS start_open
     FROM task
     WHERE id = ANY ($1::uuid[]) AND ended_at IS NOT NULL
   ), left_out AS (
     SELECT c.* FROM chosen c
     WHERE EXISTS (
       SELECT FROM link l JOIN task p ON p.id = l.parent_id
       WHERE l.child_id = c.id AND l.requires_success AND p.status IN ('Failure', 'Canceled')
         AND p.id NOT IN (SELECT id FROM chosen))
     UNION
     SELECT c.* FROM left_out o CROSS JOIN LATERAL (
       ${asArray('SELECT l.child_id FROM link l WHERE l.parent_id = o.id AND l.requires_success')}
     ) l JOIN chosen c ON c.id = l.id
     WHERE o.status <> 'Success'
   ), again AS MATERIALIZED (
     SELECT * FROM chosen EXCEPT SELECT * FROM left_out
   ), unstarted AS MATERIALIZED (
     SELECT t.id, COALESCE(t.paused_from, t.status) = 'Pending' AS is_free FROM task t
     WHERE t.id = ANY (ARRAY(
         SELECT l.child_id FROM again a CROSS JOIN LATERAL (
           SELECT child_id FROM link WHERE parent_id = a.id OFFSET 0
         ) l))
       AND COALESCE(t.paused_from, t.status) IN ('Waiting', 'Pending')
   ), again_counted AS MATERIALIZED (
     SELECT x.*, ${parents('true')} AS n, s.silent, (x.status = 'Canceled' OR s.silent) AND d.on_cancel IS NOT NULL AS has_cancel,
            d.on_cancel, d.result, d.trace
     FROM again x JOIN task_definition d ON d.id = x.id
     CROSS JOIN LATERAL (SELECT x.status = 'Failure' AND x.failure_reason = 'Timeout' AS silent) s
   ), unstarted_counted AS MATERIALIZED (
     -- One that lost its claim, or waits for a retry, counts no parent, although others may have been rerun since it started.
     SELECT x.id, ${parents('x.is_free')} AS n FROM unstarted x
   ), over AS (
     INSERT INTO task_attempt
       (task_id, attempt, status, started_at, ended_at, failure_reason, success, failures, on_cancel, result)
     SELECT id, attempt, status, started_at, ended_at, failure_reason, success, failures,
            CASE WHEN has_cancel THEN on_cancel END, result
     FROM again_counted
   ), cleared AS (
     UPDATE task_definition d SET on_cancel = NULL, result = NULL
     FROM again_counted c WHERE d.id = c.id AND (c.on_cancel IS NOT NULL OR c.result IS NOT NULL)
   ), rerun AS (
     UPDATE task t
     SET status = CASE WHEN c.n > 0 THEN 'Waiting' ELSE 'Pending' END::task_status,
         attempt = t.attempt + 1,
         open_parents = c.n,
         -- That of a later attempt was the pause before a retry.
         run_at = CASE WHEN t.attempt = 1 AND t.run_at > now() THEN t.run_at WHEN c.has_cancel THEN now() END,
         delayed = c.n = 0 AND (c.has_cancel OR (t.attempt = 1 AND t.run_at > now()) IS TRUE),
         success = 0,
         failures = 0,
         start_calls = 0,
         started_at = NULL,
         ended_at = NULL,
         failure_reason = NULL,
         claimed_by = NULL,
         claimed_at = NULL,
         last_updated = now()
     FROM again_counted c WHERE t.id = c.id
     RETURNING 'rerun' AS effect, t.id, t.kind, t.attempt, c.status AS was, t.status, t.delayed, t.batch_awaited, c.start_open,
               CASE WHEN c.silent THEN c.on_cancel END AS on_cancel, c.trace
   ), waits AS (
     UPDATE task t
     -- Added to the count, because tasks of other batches may lose parents at the same moment.
     SET open_parents = t.open_parents + c.n,
         status = CASE t.status WHEN 'Pending' THEN 'Waiting' ELSE t.status END,
         paused_from = CASE t.paused_from WHEN 'Pending' THEN 'Waiting' ELSE t.paused_from END,
         blocked_by = NULL,
         delayed = false,
         last_updated = now()
     FROM unstarted_counted c JOIN task before ON before.id = c.id
     WHERE t.id = c.id AND COALESCE(t.paused_from, t.status) IN ('Waiting', 'Pending')
     RETURNING 'waits' AS effect, t.id, t.kind, t.attempt, before.status AS was, t.status, t.delayed, t.batch_awaited,
               false AS start_open, NULL::json AS on_cancel, NULL::json AS trace
   )
   SELECT e.*, ${isRuled('e.kind')} AS ruled FROM (
     SELECT * FROM rerun
     UNION ALL
     SELECT * FROM waits
     UNION ALL
     SELECT 'left out', t.id, t.kind, t.attempt, t.status, t.status, false, false, false, NULL, NULL
     FROM left_out o JOIN task t ON t.id = o.id
   ) AS e
   ORDER BY e.id`,
);

/** Returns the batch of a task. */
export const batchOfTask = statement<[task: string], { batch_id: string }>(
  'task-batch',
  'SELECT batch_id FROM task WHERE id = $1',
);
