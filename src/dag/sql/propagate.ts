import { statement } from '../../database/statement';

/**
 * All unfinished tasks that cannot succeed any more because a chain of required links leads to them from a task in
 * `$1` that ended badly; each once, with the parents it requires, of which one at least is to blame. One statement to
 * the end of the graph, however deep.
 */
export const doomed = statement<[lost: string[]], { id: string; parents: string[] }>(
  'dag-doomed',
  `WITH RECURSIVE lost AS (
     SELECT unnest($1::uuid[]) AS id
     UNION
     SELECT c.child_id FROM lost CROSS JOIN LATERAL (
       SELECT l.child_id FROM link l WHERE l.parent_id = lost.id AND l.requires_success OFFSET 0
     ) c WHERE (SELECT t.ended_at IS NULL FROM task t WHERE t.id = c.child_id)
   )
   SELECT id, ARRAY(
     SELECT l.parent_id::text FROM link l WHERE l.child_id = lost.id AND l.requires_success
   ) AS parents
   FROM lost`,
);

/**
 * Counts down what children wait for, by as many parents as ended in this set: a child that n of them release goes
 * down by n at once. Nothing outstanding makes it `Pending`; a paused one stays paused and will resume as that.
 * Answers the tasks that may start now.
 *
 * The children pass through arrays, whose length the planner takes for ten, so that it looks tasks up one by one: what it
 * knows of other graphs, where one parent has thousands of children, would make it read the whole table for every end.
 */
export const satisfy = statement<[ended: string[], succeeded: boolean[]], { id: string }>(
  'dag-satisfy',
  `WITH due AS MATERIALIZED (
     SELECT array_agg(id) AS ids, array_agg(n) AS counts FROM (
       SELECT l.child_id AS id, count(*)::int AS n
       FROM unnest($1::uuid[], $2::boolean[]) AS e(id, succeeded) CROSS JOIN LATERAL (
         SELECT child_id, requires_success FROM link WHERE parent_id = e.id OFFSET 0
       ) l
       WHERE e.succeeded OR NOT l.requires_success
       GROUP BY l.child_id
     ) AS children
   ), counted AS (
     UPDATE task t
     SET unmet = t.unmet - due.n,
         status = CASE WHEN t.status = 'Waiting' AND t.unmet = due.n THEN 'Pending' ELSE t.status END,
         held_status = CASE WHEN t.held_status = 'Waiting' AND t.unmet = due.n THEN 'Pending' ELSE t.held_status END,
         last_updated = CASE WHEN t.unmet = due.n THEN now() ELSE t.last_updated END
     FROM (SELECT unnest(ids) AS id, unnest(counts) AS n FROM due) AS due
     WHERE t.id = due.id AND (t.status = 'Waiting' OR t.held_status = 'Waiting')
     RETURNING t.id, t.status
   )
   SELECT id FROM counted WHERE status = 'Pending'`,
);
