import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import { Database } from '../../database/database';
import { TaskDefinitionEntity } from '../../database/entities';
import { NotFound } from '../../domain/errors';
import { containing } from '../../wire/containing';
import { pageOf } from '../../wire/page';
import { TaskLightDto } from '../../wire/task-light.dto';
import type { ListTasksDto } from '../dto/list-tasks.dto';
import { TaskFullDto } from '../dto/task-full.dto';

const LIGHT = [
  ['d.id', 'd.name'],
  ['t.id', 't.batchId', 't.kind', 't.status', 't.priority', 't.createdAt', 't.startedAt', 't.endedAt'],
  ['t.success', 't.failures', 't.expectedCount', 't.deadEndBarrier'],
].flat();

/** Reads tasks for clients. */
@Injectable()
export class FindTasks {
  constructor(
    private readonly database: Database,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @throws {NotFound} */
  async byId(id: string): Promise<TaskFullDto> {
    const found = await this.database.read((manager) =>
      manager.findOne(TaskDefinitionEntity, { where: { id }, relations: { task: true } }),
    );
    if (!found) throw new NotFound(`There is no task ${id}`);
    return TaskFullDto.from(found);
  }

  /** One page, newest first; filters combine with AND. */
  async list(filter: ListTasksDto): Promise<TaskLightDto[]> {
    const { limit, offset } = pageOf(filter, this.config.pagination);
    const found = await this.database.read((manager) => {
      const query = manager
        .createQueryBuilder(TaskDefinitionEntity, 'd')
        .innerJoin('d.task', 't')
        .select(LIGHT)
        .orderBy('d.createdAt', 'DESC')
        .addOrderBy('d.id', 'DESC')
        .limit(limit)
        .offset(offset);
      if (filter.name) query.andWhere('d.name ILIKE :name', { name: containing(filter.name) });
      if (filter.kind) query.andWhere('t.kind ILIKE :kind', { kind: containing(filter.kind) });
      if (filter.status) query.andWhere('t.status = :status', { status: filter.status });
      if (filter.timeout !== undefined) query.andWhere('t.timeoutSecs = :timeout', { timeout: filter.timeout });
      if (filter.batch_id) query.andWhere('d.batchId = :batch', { batch: filter.batch_id });
      if (filter.metadata) query.andWhere('d.metadata @> :metadata', { metadata: filter.metadata });
      return query.getMany();
    });
    return found.map((definition) => TaskLightDto.from(definition));
  }
}
