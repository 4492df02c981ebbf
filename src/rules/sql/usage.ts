import { statement } from '../../database/statement';
import { valuesIn } from './values';

export interface UsageRow {
  id: string;
  tasks: number;
  work: string;
}

/**
 * Tasks are counted by the values that they have, once for each matcher, and the counts are then joined to the keys:
 * the cost goes with the tasks and the keys, not with their product.
 */
const usage = (counted: string) => `WITH k AS MATERIALIZED (
     SELECT * FROM json_to_recordset($1::json) AS k(
       id bigint, kind text, status task_status, names text[], fields jsonb)
   ), counted AS MATERIALIZED (
     SELECT m.kind, m.status, m.names, v.fields, count(*)::int AS tasks,
            sum(GREATEST(COALESCE(t.expected_count, 0)::bigint - t.success - t.failures, 0))::text AS work
     FROM (SELECT DISTINCT kind, status, names FROM k) m
     JOIN task t ON t.kind = m.kind AND ${counted}
     JOIN task_definition d ON d.id = t.id
     CROSS JOIN LATERAL ${valuesIn('d.metadata', 'm.names')} v
     GROUP BY m.kind, m.status, m.names, v.fields
   )
   SELECT k.id, c.tasks, c.work FROM k
   JOIN counted c ON c.kind = k.kind AND c.status = k.status AND c.names = k.names AND c.fields = k.fields`;

/**
 * What is under way by key, for keys that count running tasks. Tasks under way are few and have an index of their own,
 * however many there are in the table.
 */
export const activeUsage = statement<[keysJson: string], UsageRow>(
  'rules-active-usage',
  usage(`(t.status IN ('Claimed', 'Running') OR t.held_status IN ('Claimed', 'Running'))`),
);

/** The same for keys that count tasks in another state. */
export const otherUsage = statement<[keysJson: string], UsageRow>('rules-other-usage', usage('t.status = m.status'));
