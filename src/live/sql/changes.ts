import type { TaskStatus } from '../../domain/task-status';
import { statement } from '../../database/statement';

/** The light form of a task. */
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
}

/** From where changes have to be looked at that are not committed yet, or are still to come; a transaction's number. */
export const horizon = statement<[], { horizon: string }>(
  'live-horizon',
  'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon',
);

/**
 * Tasks of a batch that transaction `$2` or a later one has written, in the order of their creation. Transactions are asked
 * about and not times: one that commits late is not missed. A row knows the lower 32 bits of its transaction only; those
 * of another round count as older.
 */
export const changesSince = statement<[batch: string, since: string], TaskChangeRow>(
  'live-changes-since',
  `SELECT t.id, d.name, t.kind, t.status, t.created_at, t.started_at, t.ended_at, t.success,
          t.failures, t.expected_count, t.batch_id, t.dead_end_barrier, t.priority
   FROM task_definition d JOIN task t ON t.id = d.id
   WHERE d.batch_id = $1 AND (t.xmin::text::bigint - $2::bigint) & 4294967295 < 2147483648
   ORDER BY t.id`,
);

/** Whether there is such a batch. */
export const batchExists = statement<[batch: string], { id: string }>(
  'live-batch-exists',
  'SELECT id FROM batch WHERE id = $1',
);
