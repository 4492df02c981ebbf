import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database';
import type { Tx } from '../../database/statement';
import type { TaskStatus } from '../../domain/task-status';
import { Propagation } from '../../dag/propagation';
import type { TaskLightDto } from '../dto/task-light.dto';
import type { CreateRequestDto } from '../dto/create-request.dto';
import { AfterCommit } from '../finish/after-commit';
import { Finish, type Finished, parentFailed } from '../finish/finish';
import { buildGraph, type NewGraph, type Origin } from './build-graph';
import { Dedupe } from './dedupe';
import { InsertGraphs } from './insert-graphs';
import { lightForm } from './light-form';

/**
 * Creates the tasks of a request that are not duplicates, in a transaction of its own. A new task that requires a failed
 * duplicate fails at once, with its descendants. A batch without tasks is complete at once.
 */
@Injectable()
export class CreateDeduplicated {
  constructor(
    private readonly database: Database,
    private readonly dedupe: Dedupe,
    private readonly graphs: InsertGraphs,
    private readonly propagation: Propagation,
    private readonly finish: Finish,
    private readonly afterCommit: AfterCommit,
  ) {}

  async create(request: CreateRequestDto, origin: Origin): Promise<TaskLightDto[]> {
    const { graph, createdAt, finished } = await this.database.transaction(async (tx) => {
      const graph = buildGraph(request, origin, await this.dedupe.find(tx, request.tasks));
      const isEmpty = graph.tasks.length === 0;
      // An empty batch is only stored if its completion is awaited.
      const [createdAt] = isEmpty && !graph.batch.on_complete ? [] : await this.graphs.write(tx, [graph]);
      const finished = isEmpty
        ? await this.finish.completeEmpty(tx, graph.batch)
        : await this.failDescendants(tx, graph);
      return { graph, createdAt, finished };
    });
    this.afterCommit.publish(finished);
    const statuses = new Map<string, TaskStatus>([
      ...finished.released.map((id) => [id, 'Pending'] as const),
      ...finished.ended.map(({ id, status }) => [id, status] as const),
    ]);
    return graph.tasks.map((task) => lightForm(task, createdAt, statuses.get(task.id)));
  }

  private async failDescendants(tx: Tx, { failedDescendants }: NewGraph): Promise<Finished> {
    const ids = failedDescendants.map(({ id }) => id);
    if (ids.length > 0) await this.propagation.lock(tx, ids, { ending: ids, failing: ids });
    return this.finish.finish(
      tx,
      failedDescendants.map(({ id, parentId }) => parentFailed(id, parentId)),
    );
  }
}
