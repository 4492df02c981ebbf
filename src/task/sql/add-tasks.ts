import type { TaskStatus } from '../../domain/task-status';
import { lock, statement } from '../../database/statement';

export interface ExistingRow {
  id: string;
  batch_id: string;
  status: TaskStatus;
  paused_from: TaskStatus | null;
  attempt: number;
}

/** Finds tasks of a batch by their local ids in the requests that created them. */
export const findByLocalId = statement<[batch: string, localIds: string[]], { id: string; local_id: string }>(
  'task-find-by-local-id',
  'SELECT id, local_id FROM task_definition WHERE batch_id = $1 AND local_id = ANY ($2::text[])',
);

/** Locks tasks in id order, so that none of them ends, starts or is removed before the commit. */
export const lockExisting = lock<[ids: string[]], ExistingRow>(
  'task-lock-existing',
  `SELECT id, batch_id, status, paused_from, attempt FROM task WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`,
);

/** Makes tasks wait for so many more parents each. */
export const addOpenParents = statement<[ids: string[], counts: number[]]>(
  'task-add-open-parents',
  `UPDATE task t SET open_parents = t.open_parents + c.n, last_updated = now()
   FROM unnest($1::uuid[], $2::int[]) AS c(id, n)
   WHERE t.id = c.id`,
);

/**
 * Counts tasks that were added to a batch, also as open tasks if its completion is awaited. Returns how many it ever had; no
 * row if it was removed.
 */
export const countAdded = statement<[batch: string, added: number], { total: number }>(
  'batch-count-added',
  `UPDATE batch b
   SET open_tasks = b.open_tasks + CASE WHEN b.on_complete IS NULL THEN 0 ELSE $2 END,
       total_tasks = COALESCE(b.total_tasks + $2, (SELECT count(*)::int FROM task_definition WHERE batch_id = b.id))
   WHERE b.id = $1
   RETURNING b.total_tasks AS total`,
);
