import { Injectable } from '@nestjs/common';
import type { Coalescer } from '../../database/coalescer';
import { Database } from '../../database/database';
import { Coalescers } from '../../database/coalescers';
import type { Queryable } from '../../database/statement';
import { createTasks } from '../sql/create-tasks';
import type { NewGraph } from './build-graph';
import { writeJson } from '../../domain/exact-number';

/** A graph of more tasks takes long to write. */
const SMALL = 500;

/**
 * Writes new graphs. Those that come in at the same moment share one statement, which is one transaction. Large ones are
 * written one by one beside them, so that small ones do not wait for them.
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

  /** Resolves when the graph is committed, to the time at which it was created. */
  add(graph: NewGraph): Promise<Date> {
    return (graph.tasks.length > SMALL ? this.large : this.small).add(graph);
  }

  /** Writes graphs within a transaction; answers the time at which each was created. */
  async write(db: Queryable, graphs: readonly NewGraph[]): Promise<Date[]> {
    const [{ created_at }] = await db.run(
      createTasks,
      writeJson(graphs.map(({ batch }) => batch)),
      writeJson(graphs.flatMap(({ tasks }) => tasks)),
      writeJson(graphs.flatMap(({ links }) => links)),
    );
    return graphs.map(() => created_at);
  }
}
