import type { RequestOptions } from './http.ts';
import { Limiter } from './limiter.ts';
import type { Dag, Task, TaskStatus } from './types.ts';

/** Requests for tasks that are made at once. */
const CONCURRENCY = 10;
const ENDED: readonly TaskStatus[] = ['Success', 'Failure', 'Canceled'];

/** Source of graphs and tasks. */
interface Source {
  dag(batchId: string, options: RequestOptions): Promise<Dag>;
  task(id: string, options: RequestOptions): Promise<Task>;
}

/** Returns the results of the tasks of a batch that have one, in order of creation. */
export async function results(
  source: Source,
  batchId: string,
  options: RequestOptions,
): Promise<Record<string, unknown>> {
  const limiter = new Limiter(CONCURRENCY);
  const { tasks } = await source.dag(batchId, options);
  const ended = tasks.filter(({ status }) => ENDED.includes(status));
  const full = await Promise.all(ended.map(({ id }) => limiter.run(() => source.task(id, options))));
  const found: Record<string, unknown> = {};
  for (const { id, local_id, result } of full)
    if (result !== null) found[local_id === null || Object.hasOwn(found, local_id) ? id : local_id] = result;
  return found;
}
