import type { BatchRequest, TaskRequest, TaskSummary } from './types.ts';

/** Result of creating a graph. */
export interface Created {
  /** Id of the batch. If all tasks were duplicates, the batch has no tasks. */
  batchId: string;
  /** The new tasks, in the order of the request. */
  tasks: TaskSummary[];
  /**
   * The ids of the new tasks by local id. A duplicate that was not created has none. Tasks with the same name and kind as
   * a duplicate cannot be told from it, and have none either.
   */
  ids: Readonly<Record<string, string | undefined>>;
}

/** Maps local ids to ids. The answer has no local ids, but its tasks are in the order of the request. */
export function created({ tasks: asked }: BatchRequest, tasks: TaskSummary[], batchId: string): Created {
  const first = positions(asked, tasks);
  const last = positions(asked.toReversed(), tasks.toReversed()).map((position) => asked.length - 1 - position);
  // If the first and the last possible position are equal, the task can have no other.
  const entries = tasks.flatMap(({ id }, i) => {
    const position = first[i]!;
    return position === last[tasks.length - 1 - i] ? [[asked[position]!.id, id] as const] : [];
  });
  return { batchId, tasks, ids: Object.fromEntries(entries) };
}

/** Returns the first possible position in the request of each created task. */
function positions(asked: TaskRequest[], tasks: TaskSummary[]): number[] {
  let next = 0;
  return tasks.map(({ name, kind }) => {
    while (next < asked.length && (asked[next]!.name !== name || asked[next]!.kind !== kind)) next++;
    return next++;
  });
}
