import { statement } from '../../database/statement';
import { isRuled } from '../../rules/sql/kinds';

/**
 * Adds sums of increments to tasks in any status, if the attempt is the current one. No indexed column changes, so the new
 * row version stays on its page. Counters stop at the largest integer. Returns the changed tasks.
 */
export const addProgress = statement<
  [ids: string[], attempts: number[], success: number[], failures: number[]],
  { id: string; attempt: number; kind: string; ruled: boolean }
>(
  'task-add-progress',
  `WITH sums AS (
     SELECT * FROM unnest($1::uuid[], $2::int[], $3::bigint[], $4::bigint[]) AS s(id, attempt, success, failures)
   ), locked AS MATERIALIZED (
     SELECT t.id, s.success, s.failures FROM task t JOIN sums s ON s.id = t.id AND s.attempt = t.attempt
     ORDER BY t.id
     FOR NO KEY UPDATE OF t
   )
   UPDATE task t
   SET success = LEAST(t.success + l.success, 2147483647)::int,
       failures = LEAST(t.failures + l.failures, 2147483647)::int,
       last_updated = now()
   FROM locked l WHERE t.id = l.id
   RETURNING t.id, t.attempt, t.kind, ${isRuled('t.kind')} AS ruled`,
);
