import { statement } from '../../database/statement';

export interface BatchTaskRow {
  id: string;
  ended: boolean;
}

/** Lists the tasks of a batch, ended ones included. */
export const tasksOfBatch = statement<[batch: string], BatchTaskRow>(
  'batch-tasks',
  `SELECT t.id, t.ended_at IS NOT NULL AS ended FROM task_definition d JOIN task t ON t.id = d.id WHERE d.batch_id = $1`,
);
