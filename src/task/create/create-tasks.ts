import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database';
import { newId } from '../../database/new-id';
import { traceContextOf } from '../../domain/trace-context';
import { Tracing } from '../../tracing/tracing';
import type { CreateRequestDto } from '../dto/create-request.dto';
import { buildGraph, type Origin } from './build-graph';
import { type CreatedBatch, CreateInTransaction, mayHaveDuplicates } from './create-in-transaction';
import { InsertGraphs } from './insert-graphs';
import { lightForm } from './light-form';
import { ValidateRequest } from './validate-request';

/** Creates batches of tasks. */
@Injectable()
export class CreateTasks {
  constructor(
    private readonly database: Database,
    private readonly graphs: InsertGraphs,
    private readonly inTransaction: CreateInTransaction,
    private readonly tracing: Tracing,
    private readonly validation: ValidateRequest,
  ) {}

  /**
   * Creates the tasks of a request, all or none.
   * @param body an array of tasks, an object with `tasks`, or the faults of an unreadable body.
   * @param headers of the request, for its trace context.
   * @throws {InvalidRequest} naming every fault.
   */
  async create(body: unknown, headers: IncomingHttpHeaders): Promise<CreatedBatch> {
    const batchId = newId();
    const request = this.validation.validate(body, batchId);
    // With tracing, calls belong to the span of this request, which belongs to the trace of the headers.
    const origin = { batchId, trace: this.tracing.here ?? traceContextOf(headers) };
    const isPlain = request.tasks.length > 0 && !mayHaveDuplicates(request);
    const batch = isPlain
      ? await this.createPlain(request, origin)
      : await this.database.transaction((tx) => this.inTransaction.create(tx, request, origin));
    this.inTransaction.publish(batch);
    return batch;
  }

  /** Writes the tasks together with those of concurrent requests. */
  private async createPlain(request: CreateRequestDto, origin: Origin): Promise<CreatedBatch> {
    const graph = buildGraph(request, origin);
    const createdAt = await this.graphs.add(graph);
    return { batchId: origin.batchId, tasks: graph.tasks.map((task) => lightForm(task, createdAt)) };
  }
}
