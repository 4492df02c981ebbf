import { statement } from '../../database/statement';
import type { TaskStatus } from '../../domain/task-status';

export interface BatchStatsRow {
  total_tasks: number;
  total_success: string;
  total_failures: string;
  /** Null if any task has no expected count. */
  total_expected: string | null;
  /** Tasks by status; statuses without tasks are missing. */
  counts: Partial<Record<TaskStatus, number>>;
  scope: string | null;
  metadata: unknown;
}

/** Counts the tasks and items of a batch in one pass; no row if the batch does not exist. */
export const batchStats = statement<[batch: string], BatchStatsRow>(
  'batch-stats',
  `WITH by_status AS (
     SELECT t.status, count(*)::int AS tasks, sum(t.success) AS success, sum(t.failures) AS failures,
            sum(t.expected_count) AS expected, count(t.expected_count)::int AS with_expected
     FROM task_definition d JOIN task t ON t.id = d.id
     WHERE d.batch_id = $1
     GROUP BY t.status
   )
   SELECT COALESCE(sum(s.tasks), 0)::int AS total_tasks,
          COALESCE(sum(s.success), 0)::text AS total_success,
          COALESCE(sum(s.failures), 0)::text AS total_failures,
          CASE WHEN sum(s.with_expected) = sum(s.tasks) THEN sum(s.expected)::text END AS total_expected,
          COALESCE(json_object_agg(s.status, s.tasks) FILTER (WHERE s.status IS NOT NULL), '{}') AS counts,
          b.scope, b.metadata
   FROM batch b LEFT JOIN by_status s ON true
   WHERE b.id = $1
   GROUP BY b.id`,
);
