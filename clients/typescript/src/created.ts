import type { BatchRequest, TaskRequest, TaskSummary } from './types.ts';

/** What a request has created. */
export interface Created {
  /** There is no such batch if every task was left out because there is one like it. */
  batchId: string;
  /** The new tasks, in the order of the request. */
  tasks: TaskSummary[];
  /**
   * The ids of the new tasks, by local id. A task that was not created because there is one like it has none. If a task
   * has the same name and kind as one that was not created, it cannot be told which of them it is, and it has none either.
   */
  ids: Readonly<Record<string, string | undefined>>;
}

/** Answers name no local ids, but keep the order of the request, of which duplicates are left out. */
export function created({ tasks: asked }: BatchRequest, tasks: TaskSummary[], batchId: string): Created {
  const first = places(asked, tasks);
  const last = places(asked.toReversed(), tasks.toReversed()).map((place) => asked.length - 1 - place);
  // Where the earliest place is the latest too, it is the only one that the task can have come from.
  const entries = tasks.flatMap(({ id }, i) => {
    const place = first[i]!;
    return place === last[tasks.length - 1 - i] ? [[asked[place]!.id, id] as const] : [];
  });
  return { batchId, tasks, ids: Object.fromEntries(entries) };
}

/** The earliest place for each that was created. */
function places(asked: TaskRequest[], tasks: TaskSummary[]): number[] {
  let next = 0;
  return tasks.map(({ name, kind }) => {
    while (next < asked.length && (asked[next]!.name !== name || asked[next]!.kind !== kind)) next++;
    return next++;
  });
}
