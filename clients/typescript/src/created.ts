import type { AnyIds, Graph } from './graph.ts';
import type { CreateOptions, Http } from './http.ts';
import type { BatchRequest, TaskSummary } from './types.ts';

/** Result of creating a graph, or of adding one to a batch. */
export interface Created<Ids extends object = AnyIds> {
  /** Id of the batch. If all tasks were duplicates, a new batch has no tasks. */
  batchId: string;
  /** The new tasks, in the order of the request. */
  tasks: TaskSummary[];
  /** The ids of the new tasks by local id. A duplicate that was not created has none. */
  ids: Ids;
}

/** Creates the tasks of a graph at this path. */
export async function create<Ids extends object>(
  http: Http,
  path: string,
  graph: Graph<Ids> | BatchRequest,
  { idempotencyKey, signal }: CreateOptions,
): Promise<Created<Ids>> {
  const { headers, body } = await http.send('POST', path, { body: graph, headers: http.keyed(idempotencyKey), signal });
  const tasks = (body ?? []) as TaskSummary[];
  const ids = Object.fromEntries(tasks.map(({ local_id, id }) => [local_id!, id]));
  return { batchId: headers.get('x-batch-id')!, tasks, ids: ids as Ids };
}

/** Adds the tasks of a graph to a batch. */
export function addTasks<Ids extends object>(
  http: Http,
  batchId: string,
  graph: Graph<Ids>,
  options: CreateOptions,
): Promise<Created<Ids>> {
  return create(http, `/batch/${encodeURIComponent(batchId)}/task`, graph, options);
}
