import { statement } from '../../database/statement';
import { UNKNOWN_LIMIT } from './planner-hints';

/**
 * Returns all links below tasks (`$1`), if one of them leads to a task of `$2`; no row otherwise. Ended tasks count too, so
 * that a cycle is never stored.
 */
export const linksBelow = statement<[from: string[], to: string[]], { parent_id: string; child_id: string }>(
  'dag-links-below',
  `WITH RECURSIVE below AS (
     (SELECT l.parent_id, l.child_id FROM link l WHERE l.parent_id = ANY ($1::uuid[]) ${UNKNOWN_LIMIT})
     UNION
     SELECT l.parent_id, l.child_id FROM below b CROSS JOIN LATERAL (
       SELECT parent_id, child_id FROM link WHERE parent_id = b.child_id OFFSET 0
     ) l
   )
   SELECT parent_id, child_id FROM below WHERE EXISTS (SELECT FROM below WHERE child_id = ANY ($2::uuid[]))`,
);
