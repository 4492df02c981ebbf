import { Injectable } from '@nestjs/common';
import { Readers } from '../database/readers';
import { TaskDefinitionEntity } from '../database/entities';
import { NotFound } from '../domain/errors';
import { TaskLightDto } from '../task/dto/task-light.dto';
import { nextLinks } from './sql/links';

const TASKS_AT_ONCE = 500;
/** Before all ids. */
const FIRST = '00000000-0000-0000-0000-000000000000';

/** Reads the graph of a batch. */
@Injectable()
export class FindDag {
  constructor(private readonly readers: Readers) {}

  /**
   * Yields a `DagDto` as JSON, in parts of some 100 KB, and returns the last part. The database is asked for a part
   * when it is asked for: however large a graph is and however slow its reader, it holds no connection and little memory.
   * @throws {NotFound} before the first part when the batch has no task.
   */
  async *byBatch(batchId: string): AsyncGenerator<string, string> {
    let tasks = await this.tasksAfter(FIRST, batchId);
    if (tasks.length === 0) throw new NotFound(`There is no task in batch ${batchId}`);
    let part = `{"tasks":[${listed(tasks)}`;
    while (tasks.length === TASKS_AT_ONCE) {
      yield part;
      tasks = await this.tasksAfter(tasks.at(-1)!.id, batchId);
      part = tasks.length > 0 ? `,${listed(tasks)}` : '';
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

  private async tasksAfter(id: string, batchId: string): Promise<TaskLightDto[]> {
    const found = await this.readers.read((manager) =>
      manager
        .createQueryBuilder(TaskDefinitionEntity, 'd')
        .innerJoinAndSelect('d.task', 't')
        .select(['d.id', 'd.name', 't'])
        .where('d.batchId = :batchId AND d.id > :id', { batchId, id })
        .orderBy('d.id')
        // Not `take`, which looks for the ids of the page first.
        .limit(TASKS_AT_ONCE)
        .getMany(),
    );
    return found.map((definition) => TaskLightDto.from(definition));
  }
}

const listed = (tasks: readonly TaskLightDto[]): string => tasks.map((task) => JSON.stringify(task)).join(',');
