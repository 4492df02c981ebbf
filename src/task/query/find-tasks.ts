import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import { Readers } from '../../database/readers';
import { TaskDefinitionEntity } from '../../database/entities';
import { taskNotFound } from '../../domain/errors';
import type { Page } from '../../http/page-links';
import { pageOf } from '../../http/page.dto';
import type { ExtraField } from '../dto/task-fields.dto';
import { TaskItemDto } from '../dto/task-item.dto';
import type { TaskLightDto } from '../dto/task-light.dto';
import type { ListTasksDto } from '../dto/list-tasks.dto';
import { TaskFullDto } from '../dto/task-full.dto';
import { listTasks } from '../sql/list-tasks';

const LIGHT = [
  ['d.id', 'd.name', 'd.localId'],
  ['t.id', 't.batchId', 't.kind', 't.status', 't.priority', 't.createdAt', 't.startedAt', 't.endedAt'],
  ['t.success', 't.failures', 't.expectedCount', 't.deadEndBarrier', 't.attempt', 't.runAt'],
].flat();

const COLUMNS: Record<ExtraField, string> = {
  failure_reason: 't.failureReason',
  last_updated: 't.lastUpdated',
  timeout: 't.timeoutSecs',
};

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

  /** Returns one page of tasks. */
  async list(filter: ListTasksDto): Promise<Page<TaskItemDto>> {
    const bounds = pageOf(filter, this.config.pagination);
    const [statement, values] = listTasks(filter, bounds.limit, bounds.offset);
    const ids = (await this.readers.run(statement, ...values)).map(({ id }) => id);
    const isFull = ids.length === bounds.limit;
    if (ids.length === 0) return { items: [], bounds, isFull };
    const byId = new Map((await this.light(ids, filter.fields)).map((task) => [task.id, task]));
    // A task that retention removed in between is left out.
    return { items: ids.flatMap((id) => byId.get(id) ?? []), bounds, isFull };
  }

  private async light(ids: string[], fields: readonly ExtraField[] = []): Promise<TaskItemDto[]> {
    const found = await this.readers.read((manager) =>
      manager
        .createQueryBuilder(TaskDefinitionEntity, 'd')
        .innerJoin('d.task', 't')
        .select([...LIGHT, ...fields.map((field) => COLUMNS[field])])
        .whereInIds(ids)
        .getMany(),
    );
    return found.map((definition) => TaskItemDto.from(definition, fields));
  }
}
