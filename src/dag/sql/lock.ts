import type { TaskStatus } from '../../domain/task-status';
import { lock } from '../../database/statement';
import { FEW, listed } from './few';

export interface LockedRow {
  id: string;
  status: TaskStatus;
  paused_from: TaskStatus | null;
  claimed_by: string | null;
  start_calls: number;
}

/**
 * Tasks are looked up as an array of ids and not joined to a set: a planner that expects many of them reads the whole
 * table (46 ms instead of 1 beside 200,000 tasks), and with `IN (SELECT …)` some plans lose a row that another
 * transaction has changed while this statement waited for it.
 */
const lockFootprintTasks = `SELECT t.id, t.status, t.paused_from, t.claimed_by, t.start_calls FROM task t
   WHERE t.id = ANY (ARRAY(SELECT id FROM footprint))
   ORDER BY t.id
   FOR NO KEY UPDATE OF t`;

/**
 * Locks, in id order and before anything changes, the tasks `$1` and all that the end of some of them may touch: the
 * children of those that end (`$2`), and where they end badly (`$3`) all dependents that must fall with them, the
 * children of those, and all unfinished ancestors, which may turn out to be dead ends. Whoever changes tasks locks this
 * way, so no two can wait for each other.
 *
 * Each step of a recursion is listed, which keeps the planner from flattening it into a join over the whole of `link`,
 * and a scalar subquery from joining all of `task` to every step: a task that takes 10,000 children along cost 21 s that
 * way, and costs a fifth of a second this way.
 */
export const lockFootprint = lock<[ids: string[], ending: string[], failing: string[]], LockedRow>(
  'dag-lock-footprint',
  `WITH RECURSIVE down AS (
     (SELECT unnest($3::uuid[]) AS id ${FEW})
     UNION
     SELECT c.id FROM down CROSS JOIN LATERAL (
       ${listed('SELECT l.child_id FROM link l WHERE l.parent_id = down.id AND l.requires_success')}
     ) c WHERE (SELECT t.ended_at IS NULL FROM task t WHERE t.id = c.id)
   ), up AS (
     (${listed('SELECT id FROM down')})
     UNION
     SELECT p.id FROM up CROSS JOIN LATERAL (
       ${listed('SELECT l.parent_id FROM link l WHERE l.child_id = up.id')}
     ) p WHERE (SELECT t.ended_at IS NULL FROM task t WHERE t.id = p.id)
   ), ending AS (
     SELECT unnest($2::uuid[]) AS id UNION SELECT id FROM down
   ), footprint AS (
     SELECT unnest($1::uuid[]) AS id
     UNION
     SELECT id FROM ending
     UNION
     SELECT id FROM up
     UNION
     SELECT c.child_id FROM ending e CROSS JOIN LATERAL (
       SELECT l.child_id FROM link l WHERE l.parent_id = e.id OFFSET 0
     ) c
   )
   ${lockFootprintTasks}`,
);

/** The same where nothing ends badly: the tasks, and the children of those that end. */
export const lockWithChildren = lock<[ids: string[], ending: string[]], LockedRow>(
  'dag-lock-with-children',
  `WITH footprint AS (
     SELECT unnest($1::uuid[]) AS id
     UNION
     SELECT c.child_id FROM unnest($2::uuid[]) AS e(id) CROSS JOIN LATERAL (
       SELECT l.child_id FROM link l WHERE l.parent_id = e.id OFFSET 0
     ) c
   )
   ${lockFootprintTasks}`,
);
