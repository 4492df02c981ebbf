import { Injectable } from '@nestjs/common';
import { Readers } from '../database/readers';
import { TaskDefinitionEntity } from '../database/entities';
import { batchNotFound } from '../domain/errors';
import type { ExtraField } from '../task/dto/task-fields.dto';
import { TaskItemDto } from '../task/dto/task-item.dto';
import { nextLinks } from './sql/links';

const TASKS_AT_ONCE = 500;
/** Sorts before all ids. */
const FIRST = '00000000-0000-0000-0000-000000000000';

/** Reads the graph of a batch. */
@Injectable()
export class FindDag {
  constructor(private readonly readers: Readers) {}

  /**
   * Yields a `DagDto` as JSON in parts of about 100 KB, and returns the last part. Each part is queried when it is
   * needed, so that a large graph or a slow client holds no database connection and little memory.
   * @param fields members to add to the light form of each task.
   * @throws {NotFound} before the first part, when the batch does not exist or has no tasks.
   */
  async *byBatch(batchId: string, fields: readonly ExtraField[] = []): AsyncGenerator<string, string> {
    let tasks = await this.tasksAfter(FIRST, batchId, fields);
    if (tasks.length === 0) throw batchNotFound(batchId);
    let part = `{"tasks":[${joined(tasks)}`;
    while (tasks.length === TASKS_AT_ONCE) {
      yield part;
      tasks = await this.tasksAfter(tasks.at(-1)!.id, batchId, fields);
      part = tasks.length > 0 ? `,${joined(tasks)}` : '';
    }
    part += '],"links":[';
    let [links] = await this.readers.run(nextLinks, batchId, FIRST, FIRST);
    if (links) part += links.json;
    while (links?.full) {
      yield part;
      [links] = await this.readers.run(nextLinks, batchId, links.child_id, links.parent_id);
      part = links ? `,${links.json}` : '';
    }
    return `${part}]}`;
  }

  private async tasksAfter(id: string, batchId: string, fields: readonly ExtraField[]): Promise<TaskItemDto[]> {
    const found = await this.readers.read((manager) =>
      manager
        .createQueryBuilder(TaskDefinitionEntity, 'd')
        .innerJoinAndSelect('d.task', 't')
        .select(['d.id', 'd.name', 'd.localId', 't'])
        .where('d.batchId = :batchId AND d.id > :id', { batchId, id })
        .orderBy('d.id')
        // `take` would query the ids of the page first.
        .limit(TASKS_AT_ONCE)
        .getMany(),
    );
    return found.map((definition) => TaskItemDto.from(definition, fields));
  }
}

const joined = (tasks: readonly TaskItemDto[]): string => tasks.map((task) => JSON.stringify(task)).join(',');
