import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database';
import { newId } from '../../database/new-id';
import type { Tx } from '../../database/statement';
import { writeJson } from '../../domain/exact-number';
import { traceContextOf } from '../../domain/trace-context';
import { UnacceptableBody } from '../../http/json-body';
import type { Answer } from '../../idempotency/answer';
import { Idempotency, keyedRequest } from '../../idempotency/idempotency';
import { Tracing } from '../../tracing/tracing';
import type { CreateRequestDto } from '../dto/create-request.dto';
import { buildGraph, type Origin } from './build-graph';
import { type CreatedBatch, CreateInTransaction, mayHaveDuplicates } from './create-in-transaction';
import { InsertGraphs } from './insert-graphs';
import { lightForms } from './light-form';
import { ValidateRequest } from './validate-request';

/** Creates batches of tasks. */
@Injectable()
export class CreateTasks {
  constructor(
    private readonly database: Database,
    private readonly graphs: InsertGraphs,
    private readonly inTransaction: CreateInTransaction,
    private readonly idempotency: Idempotency,
    private readonly tracing: Tracing,
    private readonly validation: ValidateRequest,
  ) {}

  /**
   * Creates the tasks of a request, all or none.
   * @param body an array of tasks, an object with `tasks`, or the faults of an unreadable body.
   * @param headers of the request, for its trace context.
   * @param key of the request, if its client may repeat it.
   * @throws {InvalidRequest} naming every fault.
   * @throws {Conflict} while a request with the same key is in flight.
   * @throws {Unprocessable} if the key was used for another request.
   */
  async create(body: unknown, headers: IncomingHttpHeaders, key?: string): Promise<Answer> {
    // With tracing, calls belong to the span of this request, which belongs to the trace of the headers.
    const origin = { batchId: newId(), trace: this.tracing.here ?? traceContextOf(headers) };
    // JSON with faults was never answered with success, so its key does not matter.
    if (key !== undefined && !(body instanceof UnacceptableBody)) return this.createOnce(key, body, origin);
    const request = this.validation.validate(body, origin.batchId);
    const isPlain = request.tasks.length > 0 && !mayHaveDuplicates(request);
    const batch = isPlain
      ? await this.createPlain(request, origin)
      : await this.database.transaction((tx) => this.inTransaction.create(tx, request, origin));
    this.inTransaction.publish(batch);
    return answerOf(batch);
  }

  /** Creates the tasks unless that was done under this key before. A stored answer is given without validating again. */
  private async createOnce(key: string, body: unknown, origin: Origin): Promise<Answer> {
    const keyed = keyedRequest(key, 'POST /task', body);
    const stored = await this.idempotency.storedAnswer(keyed);
    if (stored) return stored;
    const request = this.validation.validate(body, origin.batchId);
    const create = (tx: Tx) => this.inTransaction.create(tx, request, origin);
    const { answer, result } = await this.idempotency.once(keyed, create, answerOf);
    if (result) this.inTransaction.publish(result);
    return answer;
  }

  /** Writes the tasks together with those of concurrent requests. */
  private async createPlain(request: CreateRequestDto, origin: Origin): Promise<CreatedBatch> {
    const graph = buildGraph(request, origin);
    const createdAt = await this.graphs.add(graph);
    return { batchId: origin.batchId, tasks: lightForms(graph.tasks, createdAt) };
  }
}

/** Returns the answer to a request that created tasks, or none. */
export const answerOf = ({ batchId, tasks }: CreatedBatch): Answer =>
  tasks.length > 0 ? { status: 201, batchId, body: writeJson(tasks) } : { status: 204, batchId, body: null };
