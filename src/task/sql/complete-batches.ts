import type { Action } from '../../domain/action';
import type { TraceContext } from '../../domain/trace-context';
import { statement } from '../../database/statement';

/**
 * Subtracts ended tasks from the open tasks of their batches, and returns the batches that are complete now. The row lock
 * makes exactly one transaction see 0, however many end the last tasks at once.
 */
export const decrementOpenTasks = statement<[batches: string[], ended: number[]], { id: string }>(
  'batch-decrement-open-tasks',
  `WITH ended AS (
     SELECT * FROM unnest($1::uuid[], $2::int[]) AS e(id, n)
   ), locked AS MATERIALIZED (
     -- Has the numbers as well: a second join with ended would compare every pair.
     SELECT b.id, e.n FROM batch b JOIN ended e ON e.id = b.id ORDER BY b.id FOR NO KEY UPDATE OF b
   ), counted AS (
     UPDATE batch b SET open_tasks = b.open_tasks - l.n
     FROM locked l
     WHERE b.id = l.id
     RETURNING b.id, b.open_tasks
   )
   SELECT id FROM counted WHERE open_tasks = 0`,
);

export interface CompletedRow {
  id: string;
  on_complete: Action[];
  /** Counts how often the batch has completed, this time included. */
  nth: number;
  completion: unknown;
  /** Trace of the request that created the batch. */
  trace: TraceContext | null;
}

/** Records the completion of batches with their counts, and returns the actions to notify. */
export const completeBatches = statement<[batches: string[]], CompletedRow>(
  'batch-complete',
  `WITH complete AS (
     UPDATE batch SET completed = completed + 1 WHERE id = ANY ($1::uuid[]) RETURNING id, completed
   ), recorded AS (
     INSERT INTO batch_completion (batch_id, nth, completion)
     SELECT b.id, b.completed, json_build_object(
       'batch_id', b.id,
       'counts', json_build_object(
         'success', (SELECT count(*) FROM task_definition d JOIN task t ON t.id = d.id
                     WHERE d.batch_id = b.id AND t.status = 'Success'),
         'failure', (SELECT count(*) FROM task_definition d JOIN task t ON t.id = d.id
                     WHERE d.batch_id = b.id AND t.status = 'Failure'),
         'canceled', (SELECT count(*) FROM task_definition d JOIN task t ON t.id = d.id
                      WHERE d.batch_id = b.id AND t.status = 'Canceled')),
       'completed_at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       'trigger', 'batch_complete')
     FROM complete b
     RETURNING batch_id, nth, completion
   )
   -- Joins the table, as a join with complete would compare every pair. The update changes none of these columns.
   SELECT b.id, b.on_complete, r.nth, r.completion, b.trace FROM recorded r JOIN batch b ON b.id = r.batch_id`,
);
