import { statement } from '../../database/statement';
import { FEW, listed } from './few';

/**
 * All unfinished tasks that cannot succeed any more because a chain of required links leads to them from a task in
 * `$1` that ended badly; each once, with the parents it requires, of which one at least is to blame. One statement to
 * the end of the graph, however deep.
 */
export const failedDescendants = statement<[lost: string[]], { id: string; parents: string[] }>(
  'dag-doomed',
  `WITH RECURSIVE lost AS (
     (SELECT unnest($1::uuid[]) AS id ${FEW})
     UNION
     SELECT c.id FROM lost CROSS JOIN LATERAL (
       ${listed('SELECT l.child_id FROM link l WHERE l.parent_id = lost.id AND l.requires_success')}
     ) c WHERE (SELECT t.ended_at IS NULL FROM task t WHERE t.id = c.id)
   )
   SELECT id, ARRAY(
     SELECT l.parent_id::text FROM link l WHERE l.child_id = lost.id AND l.requires_success
   ) AS parents
   FROM lost`,
);

/**
 * The children of ended tasks (`$1`, and `$2` whether they succeeded) and by how many parents each goes down: a child
 * that n of them release goes down by n at once. For the start of a statement, as a set named `due`.
 *
 * The children pass through arrays, whose length the planner takes for ten, so that it looks tasks up one by one: what it
 * knows of other graphs, where one parent has thousands of children, would make it read the whole table for every end.
 */
export const dueChildren = `found AS MATERIALIZED (
     SELECT array_agg(id) AS ids, array_agg(n) AS counts FROM (
       SELECT l.child_id AS id, count(*)::int AS n
       FROM unnest($1::uuid[], $2::boolean[]) AS e(id, succeeded) CROSS JOIN LATERAL (
         SELECT child_id, requires_success FROM link WHERE parent_id = e.id OFFSET 0
       ) l
       WHERE e.succeeded OR NOT l.requires_success
       GROUP BY l.child_id
     ) AS children
   ), due AS (
     SELECT unnest(ids) AS id, unnest(counts) AS n FROM found
   )`;
