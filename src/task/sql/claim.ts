import type { Action } from '../../domain/action';
import type { TraceContext } from '../../domain/trace-context';
import { statement } from '../../database/statement';
import { isRuled, isRuledInAnyState } from '../../rules/sql/kinds';
import { startSucceeded } from '../../webhook/sql/start-succeeded';

export interface ClaimedRow {
  id: string;
  batch_id: string;
  kind: string;
  attempt: number;
  /** Text of PostgreSQL: only PostgreSQL reads it again. */
  claimed_at: string;
  /** Seconds from when it could start, apart from rules, to its claim; absent if it was claimed as it became `Pending`. */
  waited_secs?: number;
  start_calls: number;
  on_start: Action;
  /** Trace of the request that created the task. */
  trace: TraceContext | null;
  /** Whether rules count tasks of its kind in another status than `Running`. */
  ruled: boolean;
  /** An earlier start call has succeeded; its worker lost the claim before the result was recorded. */
  accepted: boolean;
}

const accepted = `${startSucceeded('c')} AS accepted`;

/** A claimed task, or one that is not claimed because its rules must admit it first; its `claimed_at` is null then. */
export type NextRow = QueuePosition &
  (
    | (ClaimedRow & { watched: null })
    | (Pick<ClaimedRow, 'id' | 'kind' | 'trace'> & { claimed_at: null; watched: string[] })
  );

/** The position of a task in the queue. */
export interface QueuePosition {
  priority: number;
  created_at: Date;
}

/** Skips tasks of full hosts, and tasks with rules of excluded kinds. */
const mayStart = (fullHosts: string, excludedKinds: string) =>
  `status = 'Pending' AND blocked_by IS NULL AND NOT delayed AND host_id <> ALL (${fullHosts}::int[])
   AND (kind <> ALL (${excludedKinds}::text[])
     OR (SELECT d.rules IS NULL FROM task_definition d WHERE d.id = task.id))`;

// An update put it among the Pending, or its time came later.
const readyAt = 'GREATEST(last_updated, run_at)';
const secsSince = (time: string) => `extract(epoch FROM clock_timestamp() - ${time})::float8`;

const waiting = `SELECT id, kind, priority, created_at, ${readyAt} AS ready_at FROM task WHERE ${mayStart('$3', '$4')}`;

const claim = (next: string) => `
   WITH next AS (
     ${next}
   ), known AS (
     SELECT n.*, d.on_start, d.rules, d.trace FROM next n JOIN task_definition d ON d.id = n.id
   ), claimed AS (
     UPDATE task t
     SET status = 'Claimed', claimed_by = $2, claimed_at = now(), start_calls = t.start_calls + 1, last_updated = now()
     FROM known k WHERE t.id = k.id AND k.rules IS NULL
     RETURNING t.id, t.kind, t.priority, t.created_at, t.batch_id, t.attempt, t.claimed_at::text, t.start_calls,
               k.on_start, k.trace, ${isRuledInAnyState('t.kind')} AS ruled, ${secsSince('k.ready_at')} AS waited_secs
   )
   -- Not a join of known and claimed: the planner expects few rows, and would compare every pair.
   SELECT c.*, ${accepted}, NULL::text[] AS watched FROM claimed c
   UNION ALL
   SELECT id, kind, priority, created_at, NULL AS batch_id, NULL AS attempt, NULL AS claimed_at, NULL AS start_calls,
          NULL AS on_start, trace, NULL AS ruled, NULL AS waited_secs, NULL AS accepted,
          ARRAY(SELECT r -> 'matcher' ->> 'kind' FROM json_array_elements(rules) r) AS watched
   FROM known WHERE rules IS NOT NULL
   ORDER BY priority DESC, created_at, id`;

/**
 * Claims the first tasks of the queue for worker `$2`, and returns those with rules unclaimed. Rows that another replica
 * has locked are skipped, as are tasks of the hosts `$3`, and tasks with rules of the kinds `$4`, about which no decision may
 * begin now.
 */
export const claimNext = statement<
  [limit: number, worker: string, fullHosts: number[], excludedKinds: string[]],
  NextRow
>(
  'task-claim-next',
  claim(`${waiting}
     ORDER BY priority DESC, created_at, id
     LIMIT $1
     FOR NO KEY UPDATE SKIP LOCKED`),
);

/** Claims like `claimNext`, but resumes at the positions `$5`: one for each priority, the highest first. */
export const claimResumed = statement<
  [limit: number, worker: string, fullHosts: number[], excludedKinds: string[], positionsJson: string],
  NextRow
>(
  'task-claim-resumed',
  claim(`SELECT t.* FROM json_to_recordset($5::json) AS p(priority int, since timestamptz)
     CROSS JOIN LATERAL (
       ${waiting} AND task.priority = p.priority AND task.created_at >= p.since
       ORDER BY created_at, id
       LIMIT $1
       FOR NO KEY UPDATE SKIP LOCKED
     ) t
     LIMIT $1`),
);

/** Claims tasks that their rules have admitted, and that this transaction has locked. */
export const claimAdmitted = statement<[ids: string[], worker: string], ClaimedRow>(
  'task-claim-admitted',
  `WITH claimed AS (
     UPDATE task t
     -- Not now(): the decision may have taken longer than a claim may be old.
     SET status = 'Claimed', claimed_by = $2, claimed_at = clock_timestamp(), start_calls = t.start_calls + 1,
         last_updated = now()
     WHERE t.id = ANY ($1::uuid[]) AND t.status = 'Pending'
     RETURNING t.id, t.batch_id, t.kind, t.attempt, t.claimed_at::text, t.start_calls,
               ${isRuledInAnyState('t.kind')} AS ruled,
               -- The row as it was before this statement.
               (SELECT ${secsSince(readyAt)} FROM task WHERE id = t.id) AS waited_secs
   )
   SELECT c.*, d.on_start, d.trace, ${accepted} FROM claimed c JOIN task_definition d ON d.id = c.id`,
);

/** Returns whether `claimNext` would find a task if none were locked. */
export const anyToClaim = statement<[fullHosts: number[], excludedKinds: string[]], { any: boolean }>(
  'task-any-to-claim',
  `SELECT EXISTS (SELECT FROM task WHERE ${mayStart('$1', '$2')}) AS any`,
);

/** Returns whether `claimResumed` would find a task if none were locked. */
export const anyResumed = statement<
  [fullHosts: number[], excludedKinds: string[], positionsJson: string],
  { any: boolean }
>(
  'task-any-resumed',
  `SELECT EXISTS (
     SELECT FROM json_to_recordset($3::json) AS p(priority int, since timestamptz)
     CROSS JOIN LATERAL (
       SELECT FROM task WHERE ${mayStart('$1', '$2')} AND task.priority = p.priority AND task.created_at >= p.since LIMIT 1
     ) t
   ) AS any`,
);

export interface DroppedClaimRow {
  id: string;
  kind: string;
  /** The task is back in the queue. Otherwise it has ended or is paused, and has lost only its claim. */
  requeued: boolean;
  /** Rules count tasks of its kind. */
  ruled: boolean;
}

/**
 * Ends stale claims: those of workers without a heartbeat for `$1` seconds, and those of worker `$2` itself that are not
 * among its known ones (`$3`), because the response to a claim was lost. Worker `$2` judges others only while its own
 * heartbeat is fresh (see `beat`). A task that is still `Claimed` returns to the queue; others only lose the claim.
 */
export const dropStaleClaims = statement<
  [timeoutSecs: number, worker: string, inFlight: string[], limit: number],
  DroppedClaimRow
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
     ORDER BY t.claimed_at
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
