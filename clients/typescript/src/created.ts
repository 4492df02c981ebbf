import type { TaskSummary } from './types.ts';

/** Result of creating a graph. */
export interface Created {
  /** Id of the batch. If all tasks were duplicates, the batch has no tasks. */
  batchId: string;
  /** The new tasks, in the order of the request. */
  tasks: TaskSummary[];
  /** The ids of the new tasks by local id. A duplicate that was not created has none. */
  ids: Readonly<Record<string, string | undefined>>;
}

/** Returns the result for the created tasks. */
export function created(tasks: TaskSummary[], batchId: string): Created {
  return { batchId, tasks, ids: Object.fromEntries(tasks.map(({ local_id, id }) => [local_id!, id])) };
}
