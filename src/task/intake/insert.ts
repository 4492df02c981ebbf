import { Injectable } from '@nestjs/common';
import type { Coalescer } from '../../database/coalescer';
import { Database } from '../../database/database';
import { Lanes } from '../../database/lanes';
import type { Queryable } from '../../database/statement';
import { createTasks } from '../sql/create';
import type { NewGraph } from './build';
import { writeJson } from '../../domain/exact-number';

/** Writes new graphs. Those that come in at the same moment share one statement, which is one transaction. */
@Injectable()
export class InsertGraphs {
  private readonly lane: Coalescer<NewGraph, Date>;

  constructor(
    private readonly database: Database,
    lanes: Lanes,
  ) {
    this.lane = lanes.open('creation', (graphs) => this.write(this.database, graphs), { maxItems: 100 });
  }

  /** Resolves when the graph is committed, to the time at which it was created. */
  add(graph: NewGraph): Promise<Date> {
    return this.lane.add(graph);
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
