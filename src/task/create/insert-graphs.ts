import { Injectable } from '@nestjs/common';
import type { Coalescer } from '../../database/coalescer';
import { Database } from '../../database/database';
import { Coalescers } from '../../database/coalescers';
import type { Queryable } from '../../database/statement';
import { writeJson } from '../../domain/exact-number';
import { createTasks, type NewBatch } from '../sql/create-tasks';
import type { NewGraph, NewTasks } from './build-graph';

/** Graphs with more tasks take long to write. */
const MAX_SMALL = 500;

/**
 * Writes new graphs. Concurrent small ones share one statement, and so one transaction. Large ones are written one by one
 * beside them, so that small ones do not wait.
 */
@Injectable()
export class InsertGraphs {
  private readonly small: Coalescer<NewGraph, Date>;
  private readonly large: Coalescer<NewGraph, Date>;

  constructor(
    private readonly database: Database,
    coalescers: Coalescers,
  ) {
    const write = (graphs: NewGraph[]) => this.write(this.database, graphs);
    this.small = coalescers.create('creation', write, { maxItems: 100 });
    this.large = coalescers.create('creation', write, { maxItems: 1 });
  }

  /** Resolves to the creation time when the graph is committed. */
  add(graph: NewGraph): Promise<Date> {
    return (graph.tasks.length > MAX_SMALL ? this.large : this.small).add(graph);
  }

  /** Writes graphs within a transaction; returns the creation time of each. */
  async write(db: Queryable, graphs: readonly NewGraph[]): Promise<Date[]> {
    const created = await this.insert(
      db,
      graphs,
      graphs.map(({ batch }) => batch),
    );
    return graphs.map(() => created);
  }

  /**
   * Writes tasks and links within a transaction; returns the creation time.
   * @param graphs the tasks, with the ids of their batches, and the links.
   * @param batches those of them that are new.
   */
  async insert(db: Queryable, graphs: readonly NewTasks[], batches: readonly NewBatch[] = []): Promise<Date> {
    const [{ created_at }] = await db.run(
      createTasks,
      writeJson(batches),
      writeJson(graphs.flatMap(({ tasks }) => tasks)),
      writeJson(graphs.flatMap(({ links }) => links)),
    );
    return created_at;
  }
}
