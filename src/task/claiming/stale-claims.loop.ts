import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import { Database } from '../../database/database';
import { Loop } from '../../loops/loop';
import { LoopScheduler } from '../../loops/loop-scheduler';
import { Wakeups } from '../../loops/wakeups';
import { Worker } from '../../loops/worker';
import { Metrics } from '../../metrics/metrics';
import { Outbox } from '../../webhook/outbox';
import { AfterCommit } from '../finish/after-commit';
import { dropStaleClaims } from '../sql/claim';
import { StartCalls } from './start-calls';

/** Takes up again what a lost worker left behind: its claims go back to the queue. */
@Injectable()
export class StaleClaimsLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(StaleClaimsLoop.name);
  private readonly loop: Loop;

  constructor(
    private readonly database: Database,
    private readonly calls: StartCalls,
    private readonly outbox: Outbox,
    private readonly afterCommit: AfterCommit,
    private readonly wakeups: Wakeups,
    private readonly worker: Worker,
    private readonly metrics: Metrics,
    private readonly scheduler: LoopScheduler,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.loop = new Loop('stale-claims', config.worker.loopIntervalMs, async () => {
      const found = await this.runOnce();
      return { found, hasMore: found === config.worker.timeoutBatchSize };
    });
  }

  onApplicationBootstrap(): void {
    if (this.config.worker.enabled) this.loop.start(this.scheduler);
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
  }

  /** Ends stale claims once; answers how many there were. */
  async runOnce(): Promise<number> {
    const { dropped, released } = await this.database.transaction(async (tx) => {
      const dropped = await tx.run(
        dropStaleClaims,
        this.config.worker.claimTimeoutSecs,
        this.worker.id,
        this.calls.taskIds,
        this.config.worker.timeoutBatchSize,
      );
      const settled = dropped.filter(({ requeued }) => !requeued).map(({ id }) => id);
      return { dropped, released: settled.length > 0 ? this.outbox.release(tx, settled) : undefined };
    });
    const requeued = dropped.filter((row) => row.requeued).length;
    if (requeued > 0) {
      this.metrics.tasks.requeued(requeued);
      this.logger.warn('Claims of a lost worker were taken up again', { tasks: requeued });
      this.wakeups.wake('start');
    }
    if (released?.isDue()) this.wakeups.wake('delivery');
    this.afterCommit.mayAdmitOthers(dropped.filter(({ ruled }) => ruled));
    return dropped.length;
  }
}
