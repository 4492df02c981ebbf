import type { IncomingHttpHeaders } from 'node:http';
import { Injectable, Logger } from '@nestjs/common';
import { newId } from '../../database/new-id';
import { traceContextOf } from '../../domain/trace-context';
import { Wakeups } from '../../loops/wakeups';
import { Tracing } from '../../tracing/tracing';
import { Metrics } from '../../metrics/metrics';
import type { TaskLightDto } from '../dto/task-light.dto';
import type { CreateRequestDto } from '../dto/create-request.dto';
import { buildGraph, type Origin } from './build-graph';
import { CreateDeduplicated } from './create-deduplicated';
import { InsertGraphs } from './insert-graphs';
import { lightForm } from './light-form';
import { ValidateRequest } from './validate-request';

export interface Created {
  batchId: string;
  tasks: TaskLightDto[];
}

/** Creates batches of tasks. */
@Injectable()
export class CreateTasks {
  private readonly logger = new Logger('Batch');

  constructor(
    private readonly graphs: InsertGraphs,
    private readonly deduplicated: CreateDeduplicated,
    private readonly wakeups: Wakeups,
    private readonly metrics: Metrics,
    private readonly tracing: Tracing,
    private readonly validation: ValidateRequest,
  ) {}

  /**
   * Creates the tasks of a request, all or none.
   * @param body an array of tasks, an object with `tasks`, or the faults of an unreadable body.
   * @param headers of the request, for its trace context.
   * @throws {InvalidRequest} naming every fault.
   */
  async create(body: unknown, headers: IncomingHttpHeaders): Promise<Created> {
    const batchId = newId();
    const request = this.validation.validate(body, batchId);
    // With tracing, calls belong to the span of this request, which belongs to the trace of the headers.
    const trace = this.tracing.here ?? traceContextOf(headers);
    const plain = request.tasks.length > 0 && !request.tasks.some(({ dedupe_strategy }) => dedupe_strategy?.length);
    const tasks = plain
      ? await this.createAll(request, { batchId, trace })
      : await this.deduplicated.create(request, { batchId, trace });
    if (tasks.length > 0) {
      this.metrics.tasks.created(tasks);
      this.logger.log('Batch created', { batch_id: batchId, tasks: tasks.length });
      this.wakeups.wake('start');
    }
    return { batchId, tasks };
  }

  private async createAll(request: CreateRequestDto, origin: Origin): Promise<TaskLightDto[]> {
    const graph = buildGraph(request, origin);
    const createdAt = await this.graphs.add(graph);
    return graph.tasks.map((task) => lightForm(task, createdAt));
  }
}
