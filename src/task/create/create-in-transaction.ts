import { Injectable, Logger } from '@nestjs/common';
import type { Tx } from '../../database/statement';
import { Propagation } from '../../dag/propagation';
import { Metrics } from '../../metrics/metrics';
import type { AddTasksDto } from '../dto/add-tasks.dto';
import type { CreateRequestDto } from '../dto/create-request.dto';
import type { TaskLightDto } from '../dto/task-light.dto';
import { AfterCommit } from '../finish/after-commit';
import { Finish, type Finished, parentFailed } from '../finish/finish';
import { findStatuses } from '../sql/create-tasks';
import { buildGraph, type NewTasks, type Origin } from './build-graph';
import { Dedupe } from './dedupe';
import { InsertGraphs } from './insert-graphs';
import { lightForms } from './light-form';

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
    const { batchId } = origin;
    if (isEmpty) return { batchId, tasks: [], finished: await this.finish.completeEmpty(tx, graph.batch) };
    return this.applyFailedParents(tx, batchId, graph, createdAt);
  }

  /** Locks the kinds that `create` will lock, for callers that lock tasks before they create others: kinds come first. */
  async lockKinds(tx: Tx, request: CreateRequestDto): Promise<void> {
    if (mayHaveDuplicates(request)) await this.dedupe.lock(tx, request.tasks);
  }

  /** Publishes new tasks after the commit that created them. @param what was done, for the log */
  publish({ batchId, tasks, finished }: CreatedBatch, what = 'Batch created'): void {
    if (finished) this.afterCommit.publish(finished);
    if (tasks.length === 0) return;
    this.metrics.tasks.created(tasks);
    this.logger.log(what, { batch_id: batchId, tasks: tasks.length });
    const pending = tasks.filter(({ status }) => status === 'Pending');
    this.afterCommit.pending(pending.map(({ run_at }) => ({ delayed: run_at !== null })));
  }

  /**
   * Fails new tasks that require an existing task which did not succeed, with everything that follows. Returns the new tasks
   * with the statuses that they have afterwards.
   */
  async applyFailedParents(
    tx: Tx,
    batchId: string,
    { tasks, failedDescendants }: NewTasks,
    createdAt: Date,
  ): Promise<CreatedBatch> {
    if (failedDescendants.length === 0) return { batchId, tasks: lightForms(tasks, createdAt) };
    const ids = failedDescendants.map(({ id }) => id);
    await this.propagation.lock(tx, ids, { ending: ids, failing: ids });
    const finished = await this.finish.finish(
      tx,
      failedDescendants.map(({ id, parentId }) => parentFailed(id, parentId)),
    );
    // Read again, because which children were released is known only after the commit.
    const rows = await tx.run(
      findStatuses,
      tasks.map(({ id }) => id),
    );
    const statuses = new Map(rows.map(({ id, status }) => [id, status]));
    return { batchId, tasks: lightForms(tasks, createdAt, statuses), finished };
  }
}

/** Returns whether a task of the request may duplicate another one. */
export const mayHaveDuplicates = ({ tasks }: AddTasksDto): boolean =>
  tasks.some(({ dedupe_strategy }) => dedupe_strategy?.length);
