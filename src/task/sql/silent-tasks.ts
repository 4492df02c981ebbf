import { statement } from '../../database/statement';

/**
 * The deadline is written when a task starts and left alone while it is alive, so that progress touches no index. When
 * it comes due, a task that gave a sign of life gets a new one, and the others are answered: they have been silent for
 * longer than their timeout.
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
