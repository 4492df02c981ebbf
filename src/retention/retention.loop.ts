import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Database } from '../database/database';
import { Loop } from '../loops/loop';
import { LoopScheduler } from '../loops/loop-scheduler';
import { Metrics } from '../metrics/metrics';
import { lockOldTasks, removeBatches, removeTasks } from './sql/remove';

/** Removes what ended long ago, a bounded chunk a transaction, so that nothing else has to wait for it. */
@Injectable()
export class RetentionLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(RetentionLoop.name);
  private readonly loop: Loop;

  constructor(
    private readonly database: Database,
    private readonly metrics: Metrics,
    private readonly scheduler: LoopScheduler,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    const { cleanupIntervalSecs, batchSize } = config.retention;
    this.loop = new Loop('retention', cleanupIntervalSecs * 1000, async () => {
      const found = await this.runOnce();
      return { found, more: found >= batchSize };
    });
  }

  onApplicationBootstrap(): void {
    if (this.config.retention.enabled && this.config.worker.enabled) this.loop.start(this.scheduler);
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
  }

  /** Removes one chunk of tasks and one of batches that have none left; answers the size of the larger. */
  async runOnce(): Promise<number> {
    const { days, batchSize } = this.config.retention;
    const tasks = await this.database.transaction(async (tx) => {
      const old = await tx.run(lockOldTasks, days, batchSize);
      const ids = old.map(({ id }) => id);
      return ids.length > 0 ? (await tx.run(removeTasks, ids)).length : 0;
    });
    const batches = (await this.database.run(removeBatches, days, batchSize)).length;
    this.metrics.tasks.removed(tasks, batches);
    if (tasks + batches > 0) this.logger.log('Old tasks removed', { tasks, batches });
    return Math.max(tasks, batches);
  }
}
