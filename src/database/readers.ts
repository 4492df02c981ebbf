import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CONFIG, type Config } from '../config/config';
import { Metrics } from '../metrics/metrics';
import { Database } from './database';
import { Slots } from './slots';
import type { Queryable, Statement } from './statement';

const MAX_WAITING = 1000;
const MAX_WAIT_MS = 5000;

/**
 * The database for event streams and for requests that only read. Together they use at most half of the pool, so reports,
 * creations and loops find connections however many clients read.
 */
@Injectable()
export class Readers implements Queryable {
  private readonly slots: Slots;

  constructor(
    private readonly database: Database,
    @Inject(CONFIG) config: Config,
    metrics: Metrics,
  ) {
    const running = Math.max(1, Math.floor(config.pool.maxSize / 2));
    const bounds = { running, waiting: MAX_WAITING, waitMs: MAX_WAIT_MS };
    this.slots = new Slots(bounds, 'Too many read requests at the same time');
    metrics.database.watchReaders(() => this.load.waiting);
  }

  /** Returns the number of reads that run and that wait. */
  get load(): { running: number; waiting: number } {
    return this.slots.load;
  }

  /** Runs one statement. */
  run<Params extends unknown[], Row>(statement: Statement<Params, Row>, ...params: Params): Promise<Row[]> {
    return this.slots.run(() => this.database.run(statement, ...params));
  }

  /** Reads through entities. */
  read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.slots.run(() => this.database.read(work));
  }
}
