import { statement } from '../../database/statement';
import type { AncestorRow } from '../dead-end';
import { asArray, UNKNOWN_LIMIT } from './planner-hints';

/** Returns the unfinished parents of ended tasks (`$1`) that have no unfinished child left. */
export const findDeadEnds = statement<[ended: string[]], { id: string }>(
  'dag-dead-ends',
  `SELECT p.id FROM task p
   WHERE p.id IN (SELECT l.parent_id FROM unnest($1::uuid[]) AS e(id) JOIN link l ON l.child_id = e.id)
     AND p.ended_at IS NULL
     AND NOT EXISTS (
       SELECT FROM link l JOIN task c ON c.id = l.child_id WHERE l.parent_id = p.id AND c.ended_at IS NULL
     )`,
);

/** Returns tasks and their unfinished ancestors. One statement covers a graph of any height. */
export const findAncestors = statement<[ids: string[]], AncestorRow>(
  'dag-ancestors',
  `WITH RECURSIVE up AS (
     (SELECT unnest($1::uuid[]) AS id ${UNKNOWN_LIMIT})
     UNION
     SELECT p.id FROM up CROSS JOIN LATERAL (
       ${asArray('SELECT l.parent_id FROM link l WHERE l.child_id = up.id')}
     ) p WHERE (SELECT t.ended_at IS NULL FROM task t WHERE t.id = p.id)
   )
   SELECT up.id, t.ended_at IS NOT NULL AS ended, t.dead_end_barrier,
          (SELECT count(*)::int FROM (${asArray('SELECT l.child_id FROM link l WHERE l.parent_id = up.id')}) child
           WHERE (SELECT c.ended_at IS NULL FROM task c WHERE c.id = child.id)) AS open_children,
          ARRAY(SELECT l.parent_id::text FROM link l
                WHERE l.child_id = up.id AND (SELECT p.ended_at IS NULL FROM task p WHERE p.id = l.parent_id)) AS parents
   FROM up JOIN task t ON t.id = up.id`,
);
