import { Injectable } from '@nestjs/common';
import { Readers } from '../database/readers';
import { LinkEntity, TaskDefinitionEntity } from '../database/entities';
import { NotFound } from '../domain/errors';
import { TaskLightDto } from '../wire/task-light.dto';
import type { DagDto } from './dag.dto';

/** Reads the graph of a batch. */
@Injectable()
export class FindDag {
  constructor(private readonly readers: Readers) {}

  /** @throws {NotFound} when the batch has no task. */
  async byBatch(batchId: string): Promise<DagDto> {
    const { definitions, links } = await this.readers.read(async (manager) => ({
      definitions: await manager
        .createQueryBuilder(TaskDefinitionEntity, 'd')
        .innerJoinAndSelect('d.task', 't')
        .select(['d.id', 'd.name', 't'])
        .where('d.batchId = :batchId', { batchId })
        .orderBy('d.id')
        .getMany(),
      links: await manager
        .createQueryBuilder(LinkEntity, 'l')
        .innerJoin(TaskDefinitionEntity, 'd', 'd.id = l.childId')
        .where('d.batchId = :batchId', { batchId })
        .orderBy('l.childId')
        .addOrderBy('l.parentId')
        .getMany(),
    }));
    if (definitions.length === 0) throw new NotFound(`There is no task in batch ${batchId}`);
    return {
      tasks: definitions.map((definition) => TaskLightDto.from(definition)),
      links: links.map(({ parentId, childId, requiresSuccess }) => ({
        parent_id: parentId,
        child_id: childId,
        requires_success: requiresSuccess,
      })),
    };
  }
}
