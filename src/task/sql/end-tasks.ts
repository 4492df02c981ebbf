import type { Action } from '../../domain/action';
import {
  type Ending,
  RETRIED_ENDINGS,
  type TaskStatus,
  type TerminalStatus,
  TRANSITIONS,
} from '../../domain/task-status';
import type { TraceContext } from '../../domain/trace-context';
import { statement } from '../../database/statement';
import { isRuled } from '../../rules/sql/kinds';

/** An attempt that is over: either the task ended with it, or another attempt follows. */
interface AttemptOver {
  id: string;
  batch_id: string;
  kind: string;
  /** Number of the attempt. */
  attempt: number;
  ending: Ending;
  /** The previous status; of a paused task, the status it was paused from. */
  was: TaskStatus;
  was_paused: boolean;
  /** Seconds since its claim; null if it was never claimed. */
  ran_secs: number | null;
  /** Whether its start call is still in flight. */
  start_open: boolean;
  /** Whether rules count tasks of its kind. */
  ruled: boolean;
  /** Cancel actions that the receiver of the attempt registered. */
  on_cancel: Action[] | null;
  /** Trace of the request that created the task. */
  trace: TraceContext | null;
}

export interface EndRow extends AttemptOver {
  retried: false;
  status: TerminalStatus;
  /** Number of parents that have not ended; only if there are any can an ancestor become a dead end. */
  open_parents: number;
  has_children: boolean;
  /** Whether the completion of its batch is awaited. */
  batch_awaited: boolean;
  on_end: Action[] | null;
}

/** A task that is back in the queue for its next attempt, or stays paused until then. */
export interface RetryRow extends AttemptOver {
  retried: true;
  status: 'Pending' | 'Paused';
  /** It waits for its `run_at`. */
  delayed: boolean;
}

const quoted = (names: readonly string[]) => names.map((name) => `'${name}'`).join(', ');
const endings = Object.entries(TRANSITIONS).filter(([, { to }]) => ['Success', 'Failure', 'Canceled'].includes(to));

// The guard and the target of every ending come from the transition table (domain/task-status.ts).
const allowed = endings
  .map(([ending, { from, alsoWhilePaused }]) => {
    const states = `t.status IN (${quoted(from)})`;
    const paused = alsoWhilePaused ? ` OR t.paused_from IN (${quoted(from)})` : '';
    return `WHEN '${ending}' THEN ${states}${paused}`;
  })
  .join('\n       ');
const target = endings.map(([ending, { to }]) => `WHEN '${ending}' THEN '${to}'`).join(' ');

const retriedAs = Object.entries(RETRIED_ENDINGS)
  .map(([failure, ending]) => `WHEN '${ending}' THEN '${failure}'`)
  .join(' ');
const retryEndings = quoted(Object.values(RETRIED_ENDINGS));

/** The delay of the next attempt at the task `t` of the ending `i`, in seconds; null if the task ends. */
const retryDelay = `CASE WHEN i.retry AND i.ending IN (${retryEndings}) THEN (
       SELECT CASE
         WHEN i.retry_delay IS NULL THEN
           -- The share is numeric: for a tiny one, a product of floats would underflow, which is an error.
           LEAST(p.max_delay_secs, p.delay_secs * p.factor ^ (t.attempt - 1)) * (1 - p.jitter * random()::numeric)::float8
         -- The receiver refused the start with a \`Retry-After\`.
         WHEN i.ending = 'refused' THEN LEAST(i.retry_delay, p.max_delay_secs)
         ELSE i.retry_delay
       END
       FROM task_definition d, json_to_record(d.retry) AS p(
         max_attempts int, delay_secs float8, factor float8, max_delay_secs float8, jitter numeric, "on" jsonb)
       WHERE d.id = t.id AND d.retry IS NOT NULL AND t.attempt < p.max_attempts AND p."on" ? (CASE i.ending ${retriedAs} END)
     ) END`;

// Without `result`: the result of a retried attempt is not kept.
const attempts = `, over AS (
     INSERT INTO task_attempt (task_id, attempt, status, started_at, ended_at, failure_reason, success, failures, on_cancel)
     SELECT t.id, t.attempt, 'Failure', CASE w.ending WHEN 'failed' THEN COALESCE(t.started_at, now()) ELSE t.started_at END,
            now(), w.reason, t.success, t.failures, CASE w.ending WHEN 'timed out' THEN d.on_cancel END
     FROM was w JOIN task t ON t.id = w.id JOIN task_definition d ON d.id = w.id
     WHERE w.retry_delay IS NOT NULL
   ), cleared AS (
     UPDATE task_definition d SET on_cancel = NULL
     FROM was w WHERE d.id = w.id AND w.retry_delay IS NOT NULL AND d.on_cancel IS NOT NULL
   ), retried AS (
     UPDATE task t
     SET status = CASE WHEN w.paused THEN 'Paused' ELSE 'Pending' END::task_status,
         paused_from = CASE WHEN w.paused THEN 'Pending' END::task_status,
         attempt = t.attempt + 1,
         run_at = now() + make_interval(secs => w.retry_delay),
         delayed = w.retry_delay > 0 OR w.ending = 'timed out' AND d.on_cancel IS NOT NULL,
         success = 0,
         failures = 0,
         start_calls = 0,
         started_at = NULL,
         deadline = NULL,
         claimed_by = NULL,
         claimed_at = NULL,
         last_updated = now()
     FROM was w JOIN task_definition d ON d.id = w.id
     WHERE t.id = w.id AND w.retry_delay IS NOT NULL
     RETURNING t.id, t.batch_id, t.kind, t.attempt - 1 AS attempt, w.ending, t.status, w.status AS was, w.paused AS was_paused,
               w.ran_secs, w.claimed AS start_open, ${isRuled('t.kind')} AS ruled,
               CASE w.ending WHEN 'timed out' THEN d.on_cancel END AS on_cancel, d.trace, t.delayed
   )`;

const retries = `
   UNION ALL
   SELECT r.id, r.batch_id, r.kind, r.attempt, r.ending, r.status, r.was, r.was_paused, r.ran_secs, r.start_open, r.ruled,
          r.on_cancel, r.trace, NULL, NULL, NULL, NULL, true, r.delayed
   FROM retried r`;

const ends = (mayRetry: boolean) => `WITH input AS (
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::boolean[], $5::float8[])
       AS i(id, ending, reason, retry, retry_delay)
   ), was AS MATERIALIZED (
     SELECT t.id, COALESCE(t.paused_from, t.status) AS status, t.status = 'Paused' AS paused, t.claimed_by IS NOT NULL AS claimed,
            i.ending, i.reason, extract(epoch FROM now() - COALESCE(t.claimed_at, t.started_at))::float8 AS ran_secs,
            ${mayRetry ? retryDelay : 'NULL::float8'} AS retry_delay
     FROM input i JOIN task t ON t.id = i.id
     WHERE (CASE i.ending ${allowed} END)
       AND (i.ending <> 'refused' OR t.claimed_by = $7)
       AND (i.ending <> 'timed out' OR t.last_updated + make_interval(secs => t.timeout_secs) <= now())
   )${mayRetry ? attempts : ''}, ended AS (
     UPDATE task t
     SET status = (CASE w.ending ${target} END)::task_status,
         blocked_by = NULL,
         paused_from = NULL,
         delayed = false,
         failure_reason = w.reason,
         ended_at = now(),
         last_updated = now(),
         started_at = CASE WHEN w.ending IN ('succeeded', 'failed') THEN COALESCE(t.started_at, now()) ELSE t.started_at END,
         deadline = NULL,
         claimed_by = CASE WHEN t.claimed_by = $7 AND t.id = ANY ($6::uuid[]) THEN NULL ELSE t.claimed_by END
     FROM was w JOIN task_definition d ON d.id = w.id
     WHERE t.id = w.id AND w.retry_delay IS NULL AND t.ended_at IS NULL
     RETURNING t.id, t.batch_id, t.kind, t.attempt, w.ending, t.status, w.status AS was, w.paused AS was_paused,
               w.ran_secs, t.claimed_by IS NOT NULL AS start_open, ${isRuled('t.kind')} AS ruled, d.on_cancel, d.trace,
               t.open_parents, EXISTS (SELECT FROM link l WHERE l.parent_id = t.id) AS has_children, t.batch_awaited,
               CASE t.status WHEN 'Success' THEN d.on_success ELSE d.on_failure END AS on_end
   )
   SELECT e.*, false AS retried, NULL::boolean AS delayed FROM ended e${mayRetry ? retries : ''}`;

export type EndParameters = [
  ids: string[],
  endings: Ending[],
  reasons: (string | null)[],
  mayRetry: boolean[],
  retryDelaysSecs: (number | null)[],
  startRecorded: string[],
  worker: string,
];

/**
 * Ends tasks, or the attempts at them where a retry policy leaves another one. Only this statement and `endForGood` make a
 * task terminal.
 * - `$4`: whether another attempt may follow. `$5`: its delay in seconds as the receiver asked for, or null.
 * - `$6`: tasks whose start result is recorded in this transaction. Their claims of worker `$7` end in the same row version.
 * - A refused start ends only a task that this worker still claims, and a timeout only one that is still silent.
 * - The receiver of a timed-out attempt may still work: its cancel actions go to the history and are sent first, so the task
 *   is delayed even if its delay is 0.
 */
export const endOrRetry = statement<EndParameters, EndRow | RetryRow>('task-end-or-retry', ends(true));

/** Ends tasks whatever their retry policies say. Most ends are successes, and this costs them less than `endOrRetry`. */
export const endForGood = statement<EndParameters, EndRow>('task-end', ends(false));

/** Returns whether a retry policy may have a say in an ending. */
export const isRetryable = (ending: Ending): boolean => Object.values<Ending>(RETRIED_ENDINGS).includes(ending);
