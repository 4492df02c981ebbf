import type { IncomingHttpHeaders } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import { Propagation } from '../../dag/propagation';
import { Database } from '../../database/database';
import type { Tx } from '../../database/statement';
import { batchNotFound, Conflict, Forbidden, InvalidRequest } from '../../domain/errors';
import { traceContextOf } from '../../domain/trace-context';
import { UnacceptableBody } from '../../http/json-body';
import type { Answer } from '../../idempotency/answer';
import { Idempotency, keyedRequest } from '../../idempotency/idempotency';
import { Tracing } from '../../tracing/tracing';
import { BatchChanges } from '../batch-changes';
import type { AddTasksDto } from '../dto/add-tasks.dto';
import { addOpenParents, countAdded } from '../sql/add-tasks';
import { type BatchRow, findBatch, lockBatch, lockBatchShared } from '../sql/batch';
import { buildTasks, type NewTasks, type Origin } from './build-graph';
import { type CreatedBatch, CreateInTransaction, mayHaveDuplicates } from './create-in-transaction';
import { answerOf } from './create-tasks';
import { Dedupe } from './dedupe';
import { type Caller, ExistingTasks } from './existing-tasks';
import { InsertGraphs } from './insert-graphs';
import { ValidateRequest } from './validate-request';

const NO_DEDUPE = 'dedupe_strategy needs a token of the service, as it looks at the tasks of all batches';

/** Log line of an addition. */
const ADDED = 'Tasks added';

/** A request that adds tasks. */
export interface Addition {
  batchId: string;
  body: unknown;
  /** For its trace context. */
  headers: IncomingHttpHeaders;
  /** The task whose receiver sent it, if its only token is that of a handle. */
  caller?: Caller;
  /** Its `Idempotency-Key`. */
  key?: string;
}

/** Adds tasks to existing batches. */
@Injectable()
export class AddTasks {
  constructor(
    private readonly database: Database,
    private readonly changes: BatchChanges,
    private readonly validation: ValidateRequest,
    private readonly existing: ExistingTasks,
    private readonly dedupe: Dedupe,
    private readonly graphs: InsertGraphs,
    private readonly propagation: Propagation,
    private readonly creation: CreateInTransaction,
    private readonly idempotency: Idempotency,
    private readonly tracing: Tracing,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Adds the tasks of a request, all or none.
   * @throws {InvalidRequest} naming every fault, or the path of a cycle.
   * @throws {NotFound} when the batch does not exist.
   * @throws {Forbidden} when the caller's task is of another batch, or it asks for deduplication.
   * @throws {Conflict} when the batch was stopped, a task that is to wait is no longer `Waiting`, or the caller has ended.
   */
  async add({ batchId, body, headers, caller, key }: Addition): Promise<Answer> {
    const origin = { batchId, trace: this.tracing.here ?? traceContextOf(headers) };
    if (key !== undefined && !(body instanceof UnacceptableBody)) return this.addOnce(key, body, origin, caller);
    const request = this.validation.validateAddition(body, batchId);
    const add = (tx: Tx) => this.inTransaction(tx, request, origin, caller);
    const added = await this.changes.run(() => this.database.transaction(add));
    this.creation.publish(added, ADDED);
    return answerOf(added);
  }

  /** Adds the tasks unless that was done under this key before. A stored answer is given without validating again. */
  private async addOnce(key: string, body: unknown, origin: Origin, caller?: Caller): Promise<Answer> {
    const keyed = keyedRequest(key, `POST /batch/${origin.batchId}/task ${caller?.taskId ?? ''}`, body);
    const stored = await this.idempotency.storedAnswer(keyed);
    if (stored) return stored;
    const request = this.validation.validateAddition(body, origin.batchId);
    const add = (tx: Tx) => this.inTransaction(tx, request, origin, caller);
    const { answer, result } = await this.changes.run(() => this.idempotency.once(keyed, add, answerOf));
    if (result) this.creation.publish(result, ADDED);
    return answer;
  }

  private async inTransaction(tx: Tx, request: AddTasksDto, origin: Origin, caller?: Caller): Promise<CreatedBatch> {
    const { batchId } = origin;
    const mayDuplicate = mayHaveDuplicates(request);
    if (mayDuplicate && caller) throw new Forbidden(NO_DEDUPE);
    if (mayDuplicate) await this.dedupe.lock(tx, request.tasks);
    const { awaited } = await this.lockBatch(tx, batchId, request);
    const existing = await this.existing.lock(tx, batchId, request, caller);
    const duplicates = mayDuplicate ? await this.dedupe.find(tx, request.tasks) : undefined;
    const graph = buildTasks(request, origin, { awaited, duplicates, existing });
    if (graph.tasks.length === 0) return { batchId, tasks: [] };
    await this.existing.refuseCycle(tx, request, existing, graph);
    const createdAt = await this.write(tx, batchId, graph);
    return this.creation.applyFailedParents(tx, batchId, graph, createdAt);
  }

  /** Locks the batch: alone if links to existing tasks are added, because two such requests together may close a cycle. */
  private async lockBatch(tx: Tx, batchId: string, { tasks }: AddTasksDto): Promise<BatchRow> {
    const addsParents = tasks.some(({ before }) => before?.length);
    await tx.run(addsParents ? lockBatch : lockBatchShared, batchId);
    const [batch] = await tx.run(findBatch, batchId);
    if (!batch) throw batchNotFound(batchId);
    if (batch.stopped) throw new Conflict('The batch was stopped; it takes no more tasks');
    return batch;
  }

  private async write(tx: Tx, batchId: string, graph: NewTasks): Promise<Date> {
    const createdAt = await this.graphs.insert(tx, [graph]);
    await this.addParents(tx, graph);
    // Tasks are locked before their batch.
    const failing = graph.failedDescendants.map(({ id }) => id);
    if (failing.length > 0) await this.propagation.lock(tx, failing, { ending: failing, failing });
    await this.count(tx, batchId, graph.tasks.length);
    return createdAt;
  }

  /** Makes existing tasks wait for their new parents. */
  private async addParents(tx: Tx, { tasks, links }: NewTasks): Promise<void> {
    const isNew = new Set(tasks.map(({ id }) => id));
    const counts = new Map<string, number>();
    for (const { child_id } of links) {
      if (!isNew.has(child_id)) counts.set(child_id, (counts.get(child_id) ?? 0) + 1);
    }
    if (counts.size > 0) await tx.run(addOpenParents, [...counts.keys()], [...counts.values()]);
  }

  private async count(tx: Tx, batchId: string, added: number): Promise<void> {
    const [batch] = await tx.run(countAdded, batchId, added);
    if (!batch) throw batchNotFound(batchId);
    const max = this.config.limits.tasksTotalPerBatch;
    if (batch.total <= max) return;
    const fault = `tasks: the batch would have ${batch.total} tasks; at most ${max} are allowed (MAX_TASKS_TOTAL_PER_BATCH)`;
    throw new InvalidRequest('The request is not valid', [fault]);
  }
}
