import type { TaskStatus } from '../../domain/task-status';
import { COUNTED_AT_MOST } from '../../metrics/sampling';
import type { TaskCount } from '../../metrics/task-metrics';
import { statement } from '../../database/statement';

// Of many kinds, only the largest groups are distinguished.
const GROUPS = 500;

/**
 * Makes the rest of the transaction read rows from indexes, in their order, and no more than needed. With outdated
 * statistics, the planner would mistake a long table for a short queue, and read all of it for every sample.
 */
export const byIndexOnly = statement<[], { set_config: string }>(
  'sample-by-index-only',
  `SELECT set_config(setting, 'off', true) FROM unnest(ARRAY['enable_seqscan', 'enable_bitmapscan', 'enable_sort']) AS setting`,
);

/**
 * Counts the tasks in the queues by status and kind, each in the partial index that is the queue, up to a bound. There is
 * no such index for waiting, paused and ended tasks.
 */
export const sampleTasks = statement<[], TaskCount>(
  'task-sample',
  `WITH sampled AS (
     (SELECT 'Pending' AS status, kind, NULL::bigint AS blocked_by, false AS delayed,
             GREATEST(last_updated, run_at) AS ready_at FROM task
      WHERE status = 'Pending' AND blocked_by IS NULL AND NOT delayed
      ORDER BY priority DESC, created_at, id LIMIT ${COUNTED_AT_MOST})
     UNION ALL
     (SELECT 'Pending', kind, NULL, true, NULL FROM task
      WHERE status = 'Pending' AND delayed
      ORDER BY run_at LIMIT ${COUNTED_AT_MOST})
     UNION ALL
     (SELECT 'Pending', kind, blocked_by, false, NULL FROM task
      WHERE status = 'Pending' AND blocked_by IS NOT NULL
      ORDER BY blocked_by, priority DESC, created_at, id LIMIT ${COUNTED_AT_MOST})
     UNION ALL
     (SELECT 'Claimed', kind, NULL, false, NULL FROM task
      WHERE claimed_by IS NOT NULL AND status = 'Claimed'
      ORDER BY claimed_at LIMIT ${COUNTED_AT_MOST})
     UNION ALL
     (SELECT 'Running', kind, NULL, false, NULL FROM task
      WHERE status = 'Running'
      ORDER BY deadline LIMIT ${COUNTED_AT_MOST})
   ), counted AS (
     SELECT status, kind, blocked_by, delayed, count(*) AS n, min(ready_at) AS ready_at
     FROM sampled GROUP BY status, kind, blocked_by, delayed
   ), named AS (
     SELECT c.status, c.kind, c.delayed,
            CASE WHEN c.blocked_by IS NOT NULL THEN COALESCE(k.type, 'none') END AS block,
            sum(c.n) AS n, min(c.ready_at) AS ready_at, row_number() OVER (ORDER BY sum(c.n) DESC) AS place
     FROM counted c LEFT JOIN rule_key k ON k.id = c.blocked_by
     GROUP BY 1, 2, 3, 4
   )
   SELECT status, CASE WHEN place <= ${GROUPS} THEN kind END AS kind, block, delayed, sum(n)::int AS tasks,
          extract(epoch FROM now() - min(ready_at))::float8 AS oldest_secs
   FROM named GROUP BY 1, 2, 3, 4`,
);

/** Estimates the number of tasks in each status from the statistics of ANALYZE; no row before the first ANALYZE. */
export const estimateTasks = statement<[], { status: TaskStatus; tasks: number }>(
  'task-estimate',
  `SELECT label.status, COALESCE(common.share * c.reltuples, 0)::float8 AS tasks
   FROM pg_class c
   CROSS JOIN (SELECT unnest(enum_range(NULL::task_status))::text AS status) AS label
   LEFT JOIN (
     SELECT m.status, m.share
     FROM pg_stats s, unnest(s.most_common_vals::text::text[], s.most_common_freqs) AS m(status, share)
     WHERE s.schemaname = current_schema() AND s.tablename = 'task' AND s.attname = 'status'
   ) AS common USING (status)
   WHERE c.oid = 'task'::regclass AND c.reltuples >= 0`,
);
