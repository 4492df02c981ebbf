import { statement } from '../../database/statement';

/**
 * Returns running tasks whose deadline has passed, and whether each has been silent for longer than its timeout. The
 * deadline is written when a task starts and not on every report, so that progress changes no index. Here, a task that was
 * reported on since gets a new one.
 */
export const findSilent = statement<[limit: number], { id: string; silent: boolean }>(
  'task-find-silent',
  `WITH due AS (
     SELECT id, last_updated + make_interval(secs => timeout_secs) AS deadline FROM task
     WHERE status = 'Running' AND deadline <= now()
     ORDER BY deadline
     LIMIT $1
     FOR NO KEY UPDATE SKIP LOCKED
   ), alive AS (
     UPDATE task t SET deadline = due.deadline FROM due WHERE t.id = due.id AND due.deadline > now()
   )
   SELECT id, deadline <= now() AS silent FROM due`,
);
