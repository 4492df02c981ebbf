import type { IncomingHttpHeaders } from 'node:http';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import { traceContextOf } from '../../domain/trace-context';
import { Wakeups } from '../../loops/wakeups';
import { Tracing } from '../../tracing/tracing';
import { TargetPolicy } from '../../webhook/ssrf/target-policy';
import { Metrics } from '../../metrics/metrics';
import type { TaskLightDto } from '../dto/task-light.dto';
import type { CreateRequestDto } from '../dto/create-request.dto';
import { buildGraph, type Origin } from './build-graph';
import { checkedRequest } from './validate-request';
import { CreateDeduplicated } from './create-deduplicated';
import { InsertGraphs } from './insert-graphs';
import { lightForm } from './light-form';
import { newId } from '../../database/new-id';

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
    private readonly targets: TargetPolicy,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * @param body as the client sent it: an array of tasks, or an object around it, or what is wrong with it.
   * @param headers of the request: they may say in which trace it belongs.
   * @throws {InvalidRequest} naming every fault; nothing is created then.
   */
  async create(body: unknown, headers: IncomingHttpHeaders): Promise<Created> {
    const batchId = newId();
    const request = checkedRequest(body, this.config.limits, this.targets, batchId);
    // Where requests are traced, the span of this one is what its calls belong to; it belongs to what the headers say.
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
