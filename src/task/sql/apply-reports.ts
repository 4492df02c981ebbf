import { statement } from '../../database/statement';
import { isRuled } from '../../rules/sql/kinds';

/** The sum of the fields in all reports on one task in a flush. */
export interface FieldsRow {
  id: string;
  new_success: number;
  new_failures: number;
  expected_count?: number;
  priority?: number;
  metadata?: unknown;
}

/** Writes reported fields. A report without fields still restarts the silence clock. Counters stop at the largest integer. */
export const applyFields = statement<[rowsJson: string], { id: string; kind: string; ruled: boolean }>(
  'task-apply-fields',
  `UPDATE task t
   SET success = LEAST(t.success::bigint + r.new_success, 2147483647)::int,
       failures = LEAST(t.failures::bigint + r.new_failures, 2147483647)::int,
       expected_count = COALESCE(r.expected_count, t.expected_count),
       priority = COALESCE(r.priority, t.priority),
       last_updated = now()
   FROM json_to_recordset($1::json) AS r(
     id uuid, new_success bigint, new_failures bigint, expected_count int, priority int)
   WHERE t.id = r.id
   RETURNING t.id, t.kind, ${isRuled('t.kind')} AS ruled`,
);

/** Replaces the metadata of tasks. */
export const replaceMetadata = statement<[rowsJson: string]>(
  'task-replace-metadata',
  `UPDATE task_definition d SET metadata = r.metadata
   FROM json_to_recordset($1::json) AS r(id uuid, metadata jsonb)
   WHERE d.id = r.id`,
);

/** Stores the results of tasks. */
export const storeResults = statement<[rowsJson: string]>(
  'task-store-results',
  `UPDATE task_definition d SET result = r.result
   FROM json_to_recordset($1::json) AS r(id uuid, result json)
   WHERE d.id = r.id`,
);
