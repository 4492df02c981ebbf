import { Inject, Injectable, Logger } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { CONFIG, type Config } from '../../config/config';
import { Coalescer } from '../../database/coalescer';
import { Database } from '../../database/database';
import { Wakeups } from '../../loops/wakeups';
import { Outbox } from '../../webhook/outbox';
import type { TaskLightDto } from '../../wire/task-light.dto';
import { CreateRequestDto } from '../dto/create-request.dto';
import { Finish } from '../lifecycle/finish';
import { createTasks, type NewTask } from '../sql/create';
import { buildGraph, type NewGraph } from './build';
import { checkRequest } from './check';

export interface Created {
  batchId: string;
  tasks: TaskLightDto[];
}

/** Creates batches of tasks. Requests that come in at the same moment share one statement. */
@Injectable()
export class CreateTasks {
  private readonly logger = new Logger('Batch');
  private readonly lane = new Coalescer<NewGraph, Date>((graphs) => this.insert(graphs), { maxItems: 100 });

  constructor(
    private readonly database: Database,
    private readonly finish: Finish,
    private readonly outbox: Outbox,
    private readonly wakeups: Wakeups,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * @param body as the client sent it: an array of tasks, or an object around it.
   * @throws {InvalidRequest} naming every fault; nothing is created then.
   */
  async create(body: unknown): Promise<Created> {
    const batchId = uuid();
    const request = CreateRequestDto.from(body);
    checkRequest(request, this.config.limits, batchId);
    const graph = buildGraph(request, batchId);
    if (graph.tasks.length === 0) {
      await this.completeEmpty(graph);
      return { batchId, tasks: [] };
    }
    const createdAt = await this.lane.add(graph);
    this.logger.log('Batch created', { batch_id: batchId, tasks: graph.tasks.length });
    this.wakeups.wake('start');
    return { batchId, tasks: graph.tasks.map((task) => lightForm(task, createdAt)) };
  }

  private async insert(graphs: NewGraph[]): Promise<Date[]> {
    const [{ created_at }] = await this.database.run(
      createTasks,
      JSON.stringify(graphs.map(({ batch }) => batch)),
      JSON.stringify(graphs.flatMap(({ tasks }) => tasks)),
      JSON.stringify(graphs.flatMap(({ links }) => links)),
    );
    return graphs.map(() => created_at);
  }

  /** A batch without tasks is complete at once; there is only something to do if somebody wants to be told. */
  private async completeEmpty({ batch }: NewGraph): Promise<void> {
    if (!batch.on_complete) return;
    await this.database.transaction(async (tx) => {
      await tx.run(createTasks, JSON.stringify([batch]), '[]', '[]');
      await this.outbox.enqueue(tx, await this.finish.completions(tx, [batch.id]));
    });
    this.wakeups.wake('delivery');
  }
}

const lightForm = (task: NewTask, createdAt: Date): TaskLightDto => ({
  id: task.id,
  name: task.name,
  kind: task.kind,
  status: task.status,
  created_at: createdAt.toISOString(),
  started_at: null,
  ended_at: null,
  success: 0,
  failures: 0,
  expected_count: task.expected_count,
  batch_id: task.batch_id,
  dead_end_barrier: task.dead_end_barrier,
  priority: task.priority,
});
