import { TRANSITIONS } from '../../domain/task-status';
import type { TaskStatus } from '../../domain/task-status';
import { statement } from '../../database/statement';
import { isRuled } from '../../rules/sql/kinds';

const pausable = TRANSITIONS.paused.from.map((status) => `'${status}'`).join(', ');

/** What was asked for, and how the task stands. No row: no such task. */
export interface HoldRow {
  id: string;
  kind: string;
  /** Whether this call did it. */
  done: boolean;
  /** If done, the state that the task is or was held in; if not, its own. */
  status: TaskStatus;
  /** Rules look at its kind. */
  ruled: boolean;
}

const ruled = `${isRuled('task.kind')} AS ruled`;

/** Holds a task where it is. Its silence clock stops; a claim or a receiver that has it goes on. */
export const pause = statement<[id: string], HoldRow>(
  'task-pause',
  `WITH paused AS (
     UPDATE task SET status = 'Paused', paused_from = status, deadline = NULL, last_updated = now()
     WHERE id = $1 AND status IN (${pausable})
     RETURNING id, kind, true AS done, paused_from AS status, ${ruled}
   )
   SELECT * FROM paused
   UNION ALL
   SELECT id, kind, false, status, false FROM task WHERE id = $1 AND NOT EXISTS (SELECT FROM paused)`,
);

/** Puts a task back where it was held, as that stands by now; the silence clock starts anew. */
export const resume = statement<[id: string], HoldRow>(
  'task-resume',
  `WITH resumed AS (
     UPDATE task
     SET status = paused_from, paused_from = NULL, blocked_by = NULL, last_updated = now(),
         deadline = CASE WHEN paused_from = 'Running' THEN now() + make_interval(secs => timeout_secs) END
     WHERE id = $1 AND status = 'Paused'
     RETURNING id, kind, true AS done, status, ${ruled}
   )
   SELECT * FROM resumed
   UNION ALL
   SELECT id, kind, false, status, false FROM task WHERE id = $1 AND NOT EXISTS (SELECT FROM resumed)`,
);
