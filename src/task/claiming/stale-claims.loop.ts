import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import { Database } from '../../database/database';
import type { Iteration } from '../../loops/iteration';
import { Wakeups } from '../../loops/wakeups';
import { Worker } from '../../loops/worker';
import { WorkerLoop } from '../../loops/worker-loop';
import { Metrics } from '../../metrics/metrics';
import { Outbox } from '../../webhook/outbox';
import { AfterCommit } from '../finish/after-commit';
import { dropStaleClaims } from '../sql/claim';
import { StartCalls } from './start-calls';

/** Requeues the stale claims of lost workers. */
@Injectable()
export class StaleClaimsLoop extends WorkerLoop {
  private readonly logger = new Logger(StaleClaimsLoop.name);

  constructor(
    private readonly database: Database,
    private readonly calls: StartCalls,
    private readonly outbox: Outbox,
    private readonly afterCommit: AfterCommit,
    private readonly wakeups: Wakeups,
    private readonly worker: Worker,
    private readonly metrics: Metrics,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    super({ name: 'stale-claims', intervalMs: config.worker.loopIntervalMs, enabled: config.worker.enabled });
  }

  protected async iterate(): Promise<Iteration> {
    const { claimTimeoutSecs, timeoutBatchSize } = this.config.worker;
    const { dropped, released } = await this.database.transaction(async (tx) => {
      const dropped = await tx.run(
        dropStaleClaims,
        claimTimeoutSecs,
        this.worker.id,
        this.calls.taskIds,
        timeoutBatchSize,
      );
      const settled = dropped.filter(({ requeued }) => !requeued).map(({ id }) => id);
      return { dropped, released: settled.length > 0 ? this.outbox.releaseAfterStart(tx, settled) : undefined };
    });
    const requeued = dropped.filter((row) => row.requeued).length;
    if (requeued > 0) {
      this.metrics.tasks.requeued(requeued);
      this.logger.warn('Requeued the claims of a lost worker', { tasks: requeued });
      this.wakeups.wake('start');
    }
    if (released?.value.isDue) this.wakeups.wake('delivery');
    this.afterCommit.openRuleKeys(dropped.filter(({ ruled }) => ruled));
    return { found: dropped.length, hasMore: dropped.length === timeoutBatchSize };
  }
}
