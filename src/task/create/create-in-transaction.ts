import { Injectable, Logger } from '@nestjs/common';
import type { Tx } from '../../database/statement';
import type { TaskStatus } from '../../domain/task-status';
import { Propagation } from '../../dag/propagation';
import { Metrics } from '../../metrics/metrics';
import type { CreateRequestDto } from '../dto/create-request.dto';
import type { TaskLightDto } from '../dto/task-light.dto';
import { AfterCommit } from '../finish/after-commit';
import { Finish, type Finished, parentFailed } from '../finish/finish';
import { buildGraph, type NewGraph, type Origin } from './build-graph';
import { Dedupe } from './dedupe';
import { InsertGraphs } from './insert-graphs';
import { lightForm } from './light-form';

/** A batch that was created. */
export interface CreatedBatch {
  batchId: string;
  /** In the order of the request, without duplicates. */
  tasks: TaskLightDto[];
  /** What ended together with the creation, if anything could. */
  finished?: Finished;
}

/**
 * Creates a batch within the caller's transaction, for callers that commit more with it. Duplicates are left out. A new
 * task that requires a failed duplicate fails at once, with its descendants. A batch without tasks is complete at once.
 */
@Injectable()
export class CreateInTransaction {
  private readonly logger = new Logger('Batch');

  constructor(
    private readonly dedupe: Dedupe,
    private readonly graphs: InsertGraphs,
    private readonly propagation: Propagation,
    private readonly finish: Finish,
    private readonly afterCommit: AfterCommit,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Creates the tasks of a valid request. The caller passes the result to `publish` after the commit.
   * @param request as returned by `ValidateRequest`.
   */
  async create(tx: Tx, request: CreateRequestDto, origin: Origin): Promise<CreatedBatch> {
    const duplicates = mayHaveDuplicates(request) ? await this.dedupe.find(tx, request.tasks) : undefined;
    const graph = buildGraph(request, origin, duplicates);
    const isEmpty = graph.tasks.length === 0;
    // An empty batch is only stored if its completion is awaited.
    const [createdAt] = isEmpty && !graph.batch.on_complete ? [] : await this.graphs.write(tx, [graph]);
    const finished = isEmpty ? await this.finish.completeEmpty(tx, graph.batch) : await this.failDescendants(tx, graph);
    const statuses = new Map<string, TaskStatus>([
      ...finished.released.map(({ id }) => [id, 'Pending'] as const),
      ...finished.ended.map(({ id, status }) => [id, status] as const),
    ]);
    const tasks = graph.tasks.map((task) => lightForm(task, createdAt, statuses.get(task.id)));
    return { batchId: origin.batchId, tasks, finished };
  }

  /** Locks the kinds that `create` will lock, for callers that lock tasks before they create others: kinds come first. */
  async lockKinds(tx: Tx, request: CreateRequestDto): Promise<void> {
    if (mayHaveDuplicates(request)) await this.dedupe.lock(tx, request.tasks);
  }

  /** Publishes a batch after the commit that created it. */
  publish({ batchId, tasks, finished }: CreatedBatch): void {
    if (finished) this.afterCommit.publish(finished);
    if (tasks.length === 0) return;
    this.metrics.tasks.created(tasks);
    this.logger.log('Batch created', { batch_id: batchId, tasks: tasks.length });
    const pending = tasks.filter(({ status }) => status === 'Pending');
    this.afterCommit.pending(pending.map(({ run_at }) => ({ delayed: run_at !== null })));
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

/** Returns whether a task of the request may duplicate another one. */
export const mayHaveDuplicates = ({ tasks }: CreateRequestDto): boolean =>
  tasks.some(({ dedupe_strategy }) => dedupe_strategy?.length);
