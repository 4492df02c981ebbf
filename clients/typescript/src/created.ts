import type { Graph } from './graph.ts';
import type { CreateOptions, Http } from './http.ts';
import type { BatchRequest, TaskSummary } from './types.ts';

/** Result of creating a graph, or of adding one to a batch. */
export interface Created {
  /** Id of the batch. If all tasks were duplicates, a new batch has no tasks. */
  batchId: string;
  /** The new tasks, in the order of the request. */
  tasks: TaskSummary[];
  /** The ids of the new tasks by local id. A duplicate that was not created has none. */
  ids: Readonly<Record<string, string | undefined>>;
}

/** Creates the tasks of a graph at this path. */
export async function create(
  http: Http,
  path: string,
  graph: Graph | BatchRequest,
  { idempotencyKey, signal }: CreateOptions,
): Promise<Created> {
  const { headers, body } = await http.send('POST', path, { body: graph, headers: keyed(idempotencyKey), signal });
  const tasks = (body ?? []) as TaskSummary[];
  const ids = Object.fromEntries(tasks.map(({ local_id, id }) => [local_id!, id]));
  return { batchId: headers.get('x-batch-id')!, tasks, ids };
}

/** Adds the tasks of a graph to a batch. */
export function addTasks(http: Http, batchId: string, graph: Graph, options: CreateOptions): Promise<Created> {
  return create(http, `/batch/${encodeURIComponent(batchId)}/task`, graph, options);
}

/** Returns the header of a request that is safe to repeat. */
export const keyed = (idempotencyKey: string | undefined): Record<string, string> =>
  idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
