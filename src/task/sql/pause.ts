import { TRANSITIONS } from '../../domain/task-status';
import type { TaskStatus } from '../../domain/task-status';
import { statement } from '../../database/statement';
import { isRuled } from '../../rules/sql/kinds';

const pausable = TRANSITIONS.paused.from.map((status) => `'${status}'`).join(', ');

/** The effect of a pause or resume. No row: the task does not exist. */
export interface PauseRow {
  id: string;
  batch_id: string;
  kind: string;
  /** Whether this call changed the task. */
  done: boolean;
  /** If done, the status that the task was paused from; if not, its current status. */
  status: TaskStatus;
  /** It waits for its `run_at`. */
  delayed: boolean;
  /** Whether rules count tasks of its kind. */
  ruled: boolean;
}

const delayedAndRuled = `delayed, ${isRuled('task.kind')} AS ruled`;

/** Pauses a task and stops its timeout. Its claim and its receiver go on. */
export const pause = statement<[id: string], PauseRow>(
  'task-pause',
  `WITH paused AS (
     UPDATE task SET status = 'Paused', paused_from = status, deadline = NULL, last_updated = now()
     WHERE id = $1 AND status IN (${pausable})
     RETURNING id, batch_id, kind, true AS done, paused_from AS status, ${delayedAndRuled}
   )
   SELECT * FROM paused
   UNION ALL
   SELECT id, batch_id, kind, false, status, delayed, false FROM task WHERE id = $1 AND NOT EXISTS (SELECT FROM paused)`,
);

/** Resumes a task in the status it was paused from, as updated meanwhile; its timeout starts again. */
export const resume = statement<[id: string], PauseRow>(
  'task-resume',
  `WITH resumed AS (
     UPDATE task
     SET status = paused_from, paused_from = NULL, blocked_by = NULL, last_updated = now(),
         deadline = CASE WHEN paused_from = 'Running' THEN now() + make_interval(secs => timeout_secs) END
     WHERE id = $1 AND status = 'Paused'
     RETURNING id, batch_id, kind, true AS done, status, ${delayedAndRuled}
   )
   SELECT * FROM resumed
   UNION ALL
   SELECT id, batch_id, kind, false, status, delayed, false FROM task WHERE id = $1 AND NOT EXISTS (SELECT FROM resumed)`,
);
