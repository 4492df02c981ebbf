import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Database } from '../database/database';
import { Loop } from '../loops/loop';
import { LoopScheduler } from '../loops/loop-scheduler';
import { Metrics } from '../metrics/metrics';
import { lockOldTasks, type Removed, removeBatches, removeTasks } from './sql/remove';

/** The next chunk has nothing that was created before. */
interface Start {
  tasks: Date;
  batches: Date;
}

const FROM_THE_OLDEST: Start = { tasks: new Date(0), batches: new Date(0) };

/**
 * Removes what ended long ago, a bounded chunk a transaction, so that nothing else has to wait for it. Each chunk begins
 * where the one before has ended, until there is none: otherwise it would step over what that one has left behind, all of
 * it while somebody keeps a transaction open.
 */
@Injectable()
export class RetentionLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(RetentionLoop.name);
  private readonly loop: Loop;
  private start = FROM_THE_OLDEST;

  constructor(
    private readonly database: Database,
    private readonly metrics: Metrics,
    private readonly scheduler: LoopScheduler,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    const { cleanupIntervalSecs, batchSize } = config.retention;
    this.loop = new Loop('retention', cleanupIntervalSecs * 1000, async () => {
      const { found, end } = await this.removeChunk(this.start);
      const hasMore = found >= batchSize;
      this.start = hasMore ? end : FROM_THE_OLDEST;
      return { found, hasMore };
    });
  }

  onApplicationBootstrap(): void {
    if (this.config.retention.enabled && this.config.worker.enabled) this.loop.start(this.scheduler);
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
  }

  /** Removes the oldest chunk of tasks, and if it is the last, one of batches that have none left; answers the size of the larger. */
  async runOnce(): Promise<number> {
    return (await this.removeChunk(FROM_THE_OLDEST)).found;
  }

  private async removeChunk(from: Start): Promise<{ found: number; end: Start }> {
    const { days, batchSize } = this.config.retention;
    const tasks = await this.database.transaction(async (tx) => {
      const old = await tx.run(lockOldTasks, days, batchSize, from.tasks);
      if (old.length > 0)
        await tx.run(
          removeTasks,
          old.map(({ id }) => id),
        );
      return old;
    });
    // Looking for batches without tasks passes by all that still have some: when there are no more chunks of these.
    const isLast = tasks.length < batchSize;
    const batches = isLast ? await this.database.run(removeBatches, days, batchSize, from.batches) : [];
    this.metrics.tasks.removed(tasks.length, batches.length);
    if (tasks.length + batches.length > 0)
      this.logger.log('Old tasks removed', { tasks: tasks.length, batches: batches.length });
    return {
      found: Math.max(tasks.length, batches.length),
      end: { tasks: latest(tasks, from.tasks), batches: latest(batches, from.batches) },
    };
  }
}

const latest = (removed: readonly Removed[], from: Date): Date =>
  removed.reduce((time, { created_at }) => (created_at > time ? created_at : time), from);
