import type { TaskStatus } from '../../domain/task-status';
import { statement } from '../../database/statement';

/** The light form of a task, and the members that lists can add to it. */
export interface TaskChangeRow {
  id: string;
  name: string;
  kind: string;
  status: TaskStatus;
  created_at: Date;
  started_at: Date | null;
  ended_at: Date | null;
  success: number;
  failures: number;
  expected_count: number | null;
  batch_id: string;
  dead_end_barrier: boolean;
  priority: number;
  attempt: number;
  run_at: Date | null;
  local_id: string | null;
  failure_reason: string | null;
  last_updated: Date;
  timeout: number;
}

/** Returns the oldest transaction that has not ended: all later changes come from it or from a newer one. */
export const horizon = statement<[], { horizon: string }>(
  'live-horizon',
  'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon',
);

/**
 * Returns tasks of a batch written by transaction `$2` or a later one, in order of creation. Unlike times, transaction
 * ids do not miss a late commit. `xmin` has only the lower 32 bits of the id, so rows written more than 2^31 transactions
 * ago may count as changed.
 */
export const changesSince = statement<[batch: string, since: string], TaskChangeRow>(
  'live-changes-since',
  `SELECT t.id, d.name, t.kind, t.status, t.created_at, t.started_at, t.ended_at, t.success,
          t.failures, t.expected_count, t.batch_id, t.dead_end_barrier, t.priority, t.attempt, t.run_at,
          d.local_id, t.failure_reason, t.last_updated, t.timeout_secs AS timeout
   FROM task_definition d JOIN task t ON t.id = d.id
   WHERE d.batch_id = $1 AND (t.xmin::text::bigint - $2::bigint) & 4294967295 < 2147483648
   ORDER BY t.id`,
);

/** Returns a row if the batch exists. */
export const batchExists = statement<[batch: string], { id: string }>(
  'live-batch-exists',
  'SELECT id FROM batch WHERE id = $1',
);
