import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Database } from '../database/database';
import type { Iteration } from '../loops/iteration';
import { WorkerLoop } from '../loops/worker-loop';
import { removeExpiredKeys } from './sql/keys';

const INTERVAL_MS = 30_000;
/** Keys removed in one transaction; each may have an answer of several MB. */
const CHUNK = 500;

/** Removes expired idempotency keys, a bounded chunk in each transaction. */
@Injectable()
export class ExpiredKeysLoop extends WorkerLoop {
  constructor(
    private readonly database: Database,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    super({ name: 'expired-keys', intervalMs: INTERVAL_MS, enabled: config.worker.enabled });
  }

  protected async iterate(): Promise<Iteration> {
    const { length: found } = await this.database.run(removeExpiredKeys, this.config.idempotency.keyTtlHours, CHUNK);
    return { found, hasMore: found >= CHUNK };
  }
}
