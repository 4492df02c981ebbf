import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import { Database } from '../../database/database';
import type { Iteration } from '../../loops/iteration';
import { Worker } from '../../loops/worker';
import { WorkerLoop } from '../../loops/worker-loop';
import { Outbox } from '../../webhook/outbox';
import { AfterCommit } from '../finish/after-commit';
import { dropStaleClaims } from '../sql/claim';
import { OpenStarts } from '../start/open-starts';

/** Requeues the stale claims of lost workers. */
@Injectable()
export class StaleClaimsLoop extends WorkerLoop {
  constructor(
    private readonly database: Database,
    private readonly openStarts: OpenStarts,
    private readonly outbox: Outbox,
    private readonly afterCommit: AfterCommit,
    private readonly worker: Worker,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    super({ name: 'stale-claims', intervalMs: config.worker.loopIntervalMs, enabled: config.worker.enabled });
  }

  protected async iterate(): Promise<Iteration> {
    const { claimTimeoutSecs, timeoutBatchSize } = this.config.worker;
    const { dropped, released } = await this.database.transaction(async (tx) => {
      const { taskIds } = this.openStarts;
      const dropped = await tx.run(dropStaleClaims, claimTimeoutSecs, this.worker.id, taskIds, timeoutBatchSize);
      const unclaimed = dropped.filter(({ requeued }) => !requeued).map(({ id }) => id);
      return { dropped, released: unclaimed.length > 0 ? this.outbox.releaseAfterStart(tx, unclaimed) : undefined };
    });
    this.afterCommit.requeued(dropped, released);
    return { found: dropped.length, hasMore: dropped.length === timeoutBatchSize };
  }
}
