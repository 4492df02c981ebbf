import { statement } from '../../database/statement';
import { isActive, isInStatus } from './active';
import { valuesIn } from './values';

export interface UsageRow {
  id: string;
  tasks: number;
  work: string;
}

/**
 * Returns the usage of keys that count active tasks, which are few and have an index of their own. Tasks are grouped by
 * their values once per matcher, and the groups joined to the keys. So the cost grows with the sum of tasks and keys, not
 * with their product.
 */
export const activeUsage = statement<[keysJson: string], UsageRow>(
  'rules-active-usage',
  `WITH k AS MATERIALIZED (
     SELECT * FROM json_to_recordset($1::json) AS k(
       id bigint, kind text, status task_status, names text[], fields jsonb)
   ), counted AS MATERIALIZED (
     SELECT m.kind, m.status, m.names, v.fields, count(*)::int AS tasks,
            sum(GREATEST(COALESCE(t.expected_count, 0)::bigint - t.success - t.failures, 0))::text AS work
     FROM (SELECT DISTINCT kind, status, names FROM k) m
     JOIN task t ON t.kind = m.kind AND ${isActive('t')}
     JOIN task_definition d ON d.id = t.id
     CROSS JOIN LATERAL ${valuesIn('d.metadata', 'm.names')} v
     GROUP BY m.kind, m.status, m.names, v.fields
   )
   SELECT k.id, c.tasks, c.work FROM k
   JOIN counted c ON c.kind = k.kind AND c.status = k.status AND c.names = k.names AND c.fields = k.fields`,
);

/**
 * Returns the usage of keys that count tasks in another status. There may be any number of those, so each key counts up to
 * its limit only. Keys with fields share one read of the tasks, which stops when all of them have reached their limits.
 */
export const otherUsage = statement<[keysJson: string], UsageRow>(
  'rules-other-usage',
  `WITH k AS MATERIALIZED (
     SELECT * FROM json_to_recordset($1::json) AS k(
       id bigint, max int, kind text, status task_status, names text[], fields jsonb)
   ), read AS MATERIALIZED (
     SELECT m.kind, m.status, d.metadata
     FROM (SELECT DISTINCT kind, status FROM k WHERE names <> '{}') m
     CROSS JOIN LATERAL (SELECT o.id FROM task o WHERE ${isInStatus('o', 'm')} OFFSET 0) t
     JOIN task_definition d ON d.id = t.id
   )
   SELECT k.id, c.tasks, '0' AS work FROM k CROSS JOIN LATERAL (
     SELECT count(*)::int AS tasks FROM (
       SELECT FROM task t WHERE k.names = '{}' AND ${isInStatus('t', 'k')}
       UNION ALL
       SELECT FROM read r WHERE k.names <> '{}' AND r.kind = k.kind AND r.status = k.status
         AND r.metadata @> k.fields
         AND NOT EXISTS (SELECT FROM jsonb_each(k.fields) f WHERE r.metadata -> f.key IS DISTINCT FROM f.value)
       LIMIT k.max
     ) AS matching
   ) c`,
);
