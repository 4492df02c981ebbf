import { statement } from '../../database/statement';
import { asArray, UNKNOWN_LIMIT } from './planner-hints';

/** SQL: whether a task waits for parents. One that has started outlives a parent that is rerun, and its failure. */
export const isWaiting = (task: string): string => `COALESCE(${task}.paused_from, ${task}.status) = 'Waiting'`;

/**
 * Returns the failed or canceled tasks `$1` and the descendants along required links that wait for them. Each comes once,
 * with the parents that it requires. One statement covers a graph of any depth.
 */
export const findFailedDescendants = statement<[failed: string[]], { id: string; parents: string[] }>(
  'dag-failed-descendants',
  `WITH RECURSIVE failed AS (
     (SELECT unnest($1::uuid[]) AS id ${UNKNOWN_LIMIT})
     UNION
     SELECT c.id FROM failed CROSS JOIN LATERAL (
       ${asArray('SELECT l.child_id FROM link l WHERE l.parent_id = failed.id AND l.requires_success')}
     ) c WHERE (SELECT ${isWaiting('t')} FROM task t WHERE t.id = c.id)
   )
   SELECT id, ARRAY(
     SELECT l.parent_id::text FROM link l WHERE l.child_id = failed.id AND l.requires_success
   ) AS parents
   FROM failed`,
);

/**
 * The first part of a WITH clause. Its query `satisfied (id, n)` returns the children of ended tasks, each with the
 * number of its links that are satisfied now. `$1` holds the ended tasks, `$2` whether each succeeded.
 *
 * The children pass through arrays: the planner expects ten rows from an array, and so looks tasks up by index. If some
 * parents have thousands of children, statistics would otherwise make it scan the whole table whenever a task ends.
 */
export const satisfiedChildren = `found AS MATERIALIZED (
     SELECT array_agg(id) AS ids, array_agg(n) AS counts FROM (
       SELECT l.child_id AS id, count(*)::int AS n
       FROM unnest($1::uuid[], $2::boolean[]) AS e(id, succeeded) CROSS JOIN LATERAL (
         SELECT child_id, requires_success FROM link WHERE parent_id = e.id OFFSET 0
       ) l
       WHERE e.succeeded OR NOT l.requires_success
       GROUP BY l.child_id
     ) AS children
   ), satisfied AS (
     SELECT unnest(ids) AS id, unnest(counts) AS n FROM found
   )`;
