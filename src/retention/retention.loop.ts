import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Database } from '../database/database';
import type { Iteration } from '../loops/iteration';
import { WorkerLoop } from '../loops/worker-loop';
import { Metrics } from '../metrics/metrics';
import { lockOldBatches, lockOldTasks, type Removed, removeBatches, removeEntries, removeTasks } from './sql/remove';

/** Creation times that the next chunk starts from. */
interface Start {
  tasks: Date;
  batches: Date;
}

const FROM_THE_OLDEST: Start = { tasks: new Date(0), batches: new Date(0) };

/**
 * Removes old ended tasks, empty batches and old entries of the audit log, a bounded chunk in each transaction, so that
 * nothing else waits for long. Each chunk starts where the previous one ended. From the oldest, a scan would step over the
 * entries of all removed rows, which PostgreSQL cannot clean up while a transaction stays open.
 */
@Injectable()
export class RetentionLoop extends WorkerLoop {
  private readonly logger = new Logger(RetentionLoop.name);
  private start = FROM_THE_OLDEST;

  constructor(
    private readonly database: Database,
    private readonly metrics: Metrics,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    const { enabled, cleanupIntervalSecs } = config.retention;
    super({
      name: 'retention',
      intervalMs: cleanupIntervalSecs * 1000,
      enabled: enabled && config.worker.enabled,
    });
  }

  protected async iterate(): Promise<Iteration> {
    const { found, end } = await this.removeChunk(this.start);
    const hasMore = found >= this.config.retention.batchSize;
    this.start = hasMore ? end : FROM_THE_OLDEST;
    return { found, hasMore };
  }

  /**
   * Removes the oldest chunks of tasks and of the audit log and, if that is the last one of tasks, a chunk of batches without
   * tasks. Returns the size of the largest chunk.
   */
  override async runOnce(): Promise<number> {
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
    // This scan reads every batch that still has tasks, so it waits for the last chunk of tasks.
    const isLast = tasks.length < batchSize;
    const batches = isLast ? await this.removeBatches(from.batches) : [];
    const entries = await this.database.run(removeEntries, days, batchSize);
    this.metrics.tasks.removed(tasks.length, batches.length);
    if (tasks.length + batches.length > 0)
      this.logger.log('Old tasks removed', { tasks: tasks.length, batches: batches.length });
    return {
      found: Math.max(tasks.length, batches.length, entries.length),
      end: { tasks: latest(tasks, from.tasks), batches: latest(batches, from.batches) },
    };
  }

  private removeBatches(from: Date): Promise<Removed[]> {
    const { days, batchSize } = this.config.retention;
    return this.database.transaction(async (tx) => {
      const old = await tx.run(lockOldBatches, days, batchSize, from);
      if (old.length > 0)
        await tx.run(
          removeBatches,
          old.map(({ id }) => id),
        );
      return old;
    });
  }
}

const latest = (removed: readonly Removed[], from: Date): Date =>
  removed.reduce((time, { created_at }) => (created_at > time ? created_at : time), from);
