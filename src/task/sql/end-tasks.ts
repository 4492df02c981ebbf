import type { Action } from '../../domain/action';
import { type Ending, TRANSITIONS, type TerminalStatus, type TaskStatus } from '../../domain/task-status';
import type { TraceContext } from '../../domain/trace-context';
import { statement } from '../../database/statement';
import { isRuled } from '../../rules/sql/kinds';

export interface EndRow {
  id: string;
  batch_id: string;
  kind: string;
  ending: Ending;
  status: TerminalStatus;
  /** The previous status; of a paused task, the status it was paused from. */
  was: TaskStatus;
  was_paused: boolean;
  /** Number of parents that have not ended; only if there are any can an ancestor become a dead end. */
  open_parents: number;
  /** Whether its start call is still in flight. */
  start_open: boolean;
  has_children: boolean;
  /** Whether rules count tasks of its kind. */
  ruled: boolean;
  /** Whether the completion of its batch is awaited. */
  batch_awaited: boolean;
  on_end: Action[] | null;
  on_cancel: Action[] | null;
  /** Trace of the request that created the task. */
  trace: TraceContext | null;
}

const quoted = (statuses: readonly TaskStatus[]) => statuses.map((status) => `'${status}'`).join(', ');
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

/**
 * Ends tasks. No other statement makes a task terminal. `$4` are tasks whose start result is recorded in this transaction:
 * their claims of worker `$5` end in the same row version. A refused start ends only a task that this worker still claims,
 * and a timeout only one that is still silent.
 */
export const endTasks = statement<
  [ids: string[], endings: Ending[], reasons: (string | null)[], startRecorded: string[], worker: string],
  EndRow
>(
  'task-end',
  `WITH input AS (
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[]) AS i(id, ending, reason)
   ), was AS MATERIALIZED (
     SELECT t.id, COALESCE(t.paused_from, t.status) AS status, t.status = 'Paused' AS paused, i.ending, i.reason
     FROM input i JOIN task t ON t.id = i.id
     WHERE (CASE i.ending ${allowed} END)
       AND (i.ending <> 'refused' OR t.claimed_by = $5)
       AND (i.ending <> 'timed out' OR t.last_updated + make_interval(secs => t.timeout_secs) <= now())
   )
   UPDATE task t
   SET status = (CASE w.ending ${target} END)::task_status,
       blocked_by = NULL,
       paused_from = NULL,
       failure_reason = w.reason,
       ended_at = now(),
       last_updated = now(),
       started_at = CASE WHEN w.ending IN ('succeeded', 'failed') THEN COALESCE(t.started_at, now()) ELSE t.started_at END,
       deadline = NULL,
       claimed_by = CASE WHEN t.claimed_by = $5 AND t.id = ANY ($4::uuid[]) THEN NULL ELSE t.claimed_by END
   FROM was w JOIN task_definition d ON d.id = w.id
   WHERE t.id = w.id AND t.ended_at IS NULL
   RETURNING t.id, t.batch_id, t.kind, w.ending, t.status, w.status AS was, w.paused AS was_paused, t.open_parents, t.claimed_by IS NOT NULL AS start_open,
             EXISTS (SELECT FROM link l WHERE l.parent_id = t.id) AS has_children,
             ${isRuled('t.kind')} AS ruled,
             t.batch_awaited,
             CASE t.status WHEN 'Success' THEN d.on_success ELSE d.on_failure END AS on_end, d.on_cancel,
             d.trace`,
);
