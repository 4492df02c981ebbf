import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import { Readers } from '../../database/readers';
import { TaskDefinitionEntity } from '../../database/entities';
import { taskNotFound } from '../../domain/errors';
import { pageOf } from '../../http/page.dto';
import { TaskLightDto } from '../dto/task-light.dto';
import type { ListTasksDto } from '../dto/list-tasks.dto';
import { TaskFullDto } from '../dto/task-full.dto';
import { listTasks } from '../sql/list-tasks';

const LIGHT = [
  ['d.id', 'd.name', 'd.localId'],
  ['t.id', 't.batchId', 't.kind', 't.status', 't.priority', 't.createdAt', 't.startedAt', 't.endedAt'],
  ['t.success', 't.failures', 't.expectedCount', 't.deadEndBarrier', 't.attempt', 't.runAt'],
].flat();

/** Reads tasks for clients. */
@Injectable()
export class FindTasks {
  constructor(
    private readonly readers: Readers,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @throws {NotFound} when the task does not exist. */
  async byId(id: string): Promise<TaskFullDto> {
    const found = await this.readers.read((manager) =>
      manager.findOne(TaskDefinitionEntity, { where: { id }, relations: { task: true } }),
    );
    if (!found) throw taskNotFound(id);
    return TaskFullDto.from(found, this.config.access.tokens.length > 0);
  }

  /**
   * Returns the light form of a task.
   * @throws {NotFound} when the task does not exist.
   */
  async lightById(id: string): Promise<TaskLightDto> {
    const [found] = await this.light([id]);
    if (!found) throw taskNotFound(id);
    return found;
  }

  /** Returns one page of tasks, newest first. */
  async list(filter: ListTasksDto): Promise<TaskLightDto[]> {
    const { limit, offset } = pageOf(filter, this.config.pagination);
    const [statement, values] = listTasks(filter, limit, offset);
    const ids = (await this.readers.run(statement, ...values)).map(({ id }) => id);
    if (ids.length === 0) return [];
    const byId = new Map((await this.light(ids)).map((task) => [task.id, task]));
    // A task that retention removed in between is left out.
    return ids.flatMap((id) => byId.get(id) ?? []);
  }

  private async light(ids: string[]): Promise<TaskLightDto[]> {
    const found = await this.readers.read((manager) =>
      manager
        .createQueryBuilder(TaskDefinitionEntity, 'd')
        .innerJoin('d.task', 't')
        .select(LIGHT)
        .whereInIds(ids)
        .getMany(),
    );
    return found.map((definition) => TaskLightDto.from(definition));
  }
}
