import { statement } from '../../database/statement';

/** Links in a part: 650 KB of JSON. */
export const LINKS_AT_ONCE = 5000;

/** One part of a batch's links. */
export interface LinksRow {
  /** `LinkDto`s as JSON, separated by commas. */
  json: string;
  /** The last link of the part. */
  child_id: string;
  parent_id: string;
  /** Whether there may be more. */
  full: boolean;
}

/**
 * Returns the links of a batch that follow the one from `$3` to `$2`, ordered by child and parent; no row at the end.
 * OFFSET 0 makes the planner go from task to task by the index, and stop when the part is full.
 */
export const nextLinks = statement<[batch: string, child: string, parent: string], LinksRow>(
  'dag-next-links',
  `WITH part AS MATERIALIZED (
     SELECT d.id AS child_id, l.parent_id, l.requires_success
     FROM task_definition d CROSS JOIN LATERAL (
       SELECT parent_id, requires_success FROM link WHERE child_id = d.id OFFSET 0
     ) l
     WHERE d.batch_id = $1 AND d.id >= $2 AND (d.id, l.parent_id) > ($2, $3)
     ORDER BY d.id, l.parent_id
     LIMIT ${LINKS_AT_ONCE}
   ), last AS (
     SELECT child_id, parent_id FROM part ORDER BY child_id DESC, parent_id DESC LIMIT 1
   )
   SELECT string_agg(
            format('{"parent_id":"%s","child_id":"%s","requires_success":%s}',
                   p.parent_id, p.child_id, CASE WHEN p.requires_success THEN 'true' ELSE 'false' END),
            ',' ORDER BY p.child_id, p.parent_id) AS json,
          last.child_id, last.parent_id, count(*) = ${LINKS_AT_ONCE} AS "full"
   FROM part p CROSS JOIN last
   GROUP BY last.child_id, last.parent_id`,
);
