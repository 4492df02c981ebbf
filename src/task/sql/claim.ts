import type { Action } from '../../domain/action';
import type { TraceContext } from '../../domain/trace-context';
import { statement } from '../../database/statement';
import { isRuled, isRuledInAnyState } from '../../rules/sql/kinds';

export interface ClaimedRow {
  id: string;
  batch_id: string;
  kind: string;
  /** As PostgreSQL writes it: nobody but PostgreSQL reads it again. */
  claimed_at: string;
  start_calls: number;
  on_start: Action;
  /** Of the request that created it. */
  trace: TraceContext | null;
  /** Rules look at its kind in other states than `Running`: it has left one. */
  ruled: boolean;
  /** An earlier start call has succeeded, whose worker lost its claim before it could say so. */
  accepted: boolean;
}

// Only a task that was claimed before can have been accepted before.
const accepted = `c.start_calls > 1 AND EXISTS (
     SELECT FROM delivery v WHERE v.task_id = c.id AND v.trigger = 'start' AND v.status = 'success') AS accepted`;

/** A claimed task, or one that was passed over because its rules must decide first; its `claimed_at` is null. */
export type NextRow = Place &
  ((ClaimedRow & { watched: null }) | { id: string; kind: string; claimed_at: null; watched: string[] });

/** Where in the queue a task stands. */
export interface Place {
  priority: number;
  created_at: Date;
}

/**
 * Parameters: the hosts whose tasks are passed over, and the kinds of which those that have rules are.
 */
const mayStart = (fullHosts: string, kindsAside: string) =>
  `status = 'Pending' AND blocked_by IS NULL AND host_id <> ALL (${fullHosts}::int[])
   AND (kind <> ALL (${kindsAside}::text[])
     OR (SELECT d.rules IS NULL FROM task_definition d WHERE d.id = task.id))`;

const waiting = `SELECT id, kind, priority, created_at FROM task WHERE ${mayStart('$3', '$4')}`;

const claim = (next: string) => `
   WITH next AS (
     ${next}
   ), known AS (
     SELECT n.*, d.on_start, d.rules, d.trace FROM next n JOIN task_definition d ON d.id = n.id
   ), claimed AS (
     UPDATE task t
     SET status = 'Claimed', claimed_by = $2, claimed_at = now(), start_calls = t.start_calls + 1, last_updated = now()
     FROM known k WHERE t.id = k.id AND k.rules IS NULL
     RETURNING t.id, t.batch_id, t.claimed_at::text, t.start_calls, ${isRuledInAnyState('t.kind')} AS ruled
   )
   SELECT k.id, k.kind, k.priority, k.created_at, c.batch_id, c.claimed_at, c.start_calls, c.ruled, k.on_start, k.trace,
          ${accepted},
          CASE WHEN k.rules IS NOT NULL
            THEN ARRAY(SELECT r -> 'matcher' ->> 'kind' FROM json_array_elements(k.rules) r) END AS watched
   FROM known k LEFT JOIN claimed c ON c.id = k.id
   ORDER BY k.priority DESC, k.created_at, k.id`;

/**
 * Takes the next tasks that may start, in their order, for worker `$2`, and names those among them that have rules.
 * Rows that another replica is just taking are skipped, not waited for, and tasks for the hosts `$3` are passed over.
 * So are those of the kinds `$4` that have rules: nothing can be decided about them just now.
 */
export const claimNext = statement<[limit: number, worker: string, fullHosts: number[], kindsAside: string[]], NextRow>(
  'task-claim-next',
  claim(`${waiting}
     ORDER BY priority DESC, created_at, id
     LIMIT $1
     FOR NO KEY UPDATE SKIP LOCKED`),
);

/** Does the same, but looks at nothing before the positions `$5`, of which there is one for each priority, the highest first. */
export const claimResumed = statement<
  [limit: number, worker: string, fullHosts: number[], kindsAside: string[], positionsJson: string],
  NextRow
>(
  'task-claim-onward',
  claim(`SELECT t.* FROM json_to_recordset($5::json) AS p(priority int, since timestamptz)
     CROSS JOIN LATERAL (
       ${waiting} AND task.priority = p.priority AND task.created_at >= p.since
       ORDER BY created_at, id
       LIMIT $1
       FOR NO KEY UPDATE SKIP LOCKED
     ) t
     LIMIT $1`),
);

/**
 * Takes these tasks, which their rules have admitted and this transaction has locked. The decision may have taken longer than a
 * claim may be old.
 */
export const claimAdmitted = statement<[ids: string[], worker: string], ClaimedRow>(
  'task-claim-admitted',
  `WITH claimed AS (
     UPDATE task t
     SET status = 'Claimed', claimed_by = $2, claimed_at = clock_timestamp(), start_calls = t.start_calls + 1,
         last_updated = now()
     WHERE t.id = ANY ($1::uuid[]) AND t.status = 'Pending'
     RETURNING t.id, t.batch_id, t.kind, t.claimed_at::text, t.start_calls, ${isRuledInAnyState('t.kind')} AS ruled
   )
   SELECT c.*, d.on_start, d.trace, ${accepted} FROM claimed c JOIN task_definition d ON d.id = c.id`,
);

/** Whether there is a task that `claimNext` would look at, one that somebody has locked just now included. */
export const anyToClaim = statement<[fullHosts: number[], kindsAside: string[]], { any: boolean }>(
  'task-any-to-claim',
  `SELECT EXISTS (SELECT FROM task WHERE ${mayStart('$1', '$2')}) AS any`,
);

/** The same, of the tasks that `claimResumed` would look at. */
export const anyResumed = statement<
  [fullHosts: number[], kindsAside: string[], positionsJson: string],
  { any: boolean }
>(
  'task-any-onward',
  `SELECT EXISTS (
     SELECT FROM json_to_recordset($3::json) AS p(priority int, since timestamptz)
     CROSS JOIN LATERAL (
       SELECT FROM task WHERE ${mayStart('$1', '$2')} AND task.priority = p.priority AND task.created_at >= p.since LIMIT 1
     ) t
   ) AS any`,
);

/**
 * Ends claims that nobody works on: those of workers without a sign of life for `$1` seconds, and those of worker `$2`
 * itself that it knows nothing of (`$3` are the ones it does), as when the answer to a claim was lost on the way.
 * Worker `$2` judges others only when it can say that it is alive itself (see `beat`).
 * A task that is still `Claimed` goes back to the queue; one that ended or was paused meanwhile only loses the claim.
 */
export const dropStaleClaims = statement<
  [timeoutSecs: number, worker: string, inFlight: string[], limit: number],
  { id: string; kind: string; requeued: boolean; ruled: boolean }
>(
  'task-drop-stale-claims',
  `WITH stale AS (
     SELECT t.id FROM task t
     WHERE t.claimed_by IS NOT NULL
       AND t.claimed_at < now() - make_interval(secs => $1)
       AND CASE t.claimed_by
             WHEN $2 THEN t.id <> ALL ($3::uuid[])
             ELSE EXISTS (
               SELECT FROM worker me WHERE me.id = $2 AND me.last_seen > now() - make_interval(secs => $1)
                 AND me.judges_from <= now()
             ) AND NOT EXISTS (
               SELECT FROM worker w WHERE w.id = t.claimed_by AND w.last_seen > now() - make_interval(secs => $1))
           END
     ORDER BY t.id
     LIMIT $4
     FOR NO KEY UPDATE OF t SKIP LOCKED
   )
   UPDATE task t
   SET claimed_by = NULL, claimed_at = NULL,
       status = CASE WHEN t.status = 'Claimed' THEN 'Pending' ELSE t.status END,
       paused_from = CASE WHEN t.paused_from = 'Claimed' THEN 'Pending' ELSE t.paused_from END,
       last_updated = CASE WHEN t.ended_at IS NULL THEN now() ELSE t.last_updated END
   FROM stale WHERE t.id = stale.id
   RETURNING t.id, t.kind, t.status = 'Pending' AS requeued,
             ${isRuled('t.kind')} AS ruled`,
);
