import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Database } from '../database/database';
import { Loop } from '../loops/loop';
import { LoopScheduler } from '../loops/loop-scheduler';
import { Metrics } from '../metrics/metrics';
import { SAMPLE_EVERY_SECS } from '../metrics/sampling';
import { sampleOutbox } from '../webhook/sql/sample-outbox';
import { estimateTasks, sampleTasks, byIndexOnly } from './sql/sample';

/** Samples for the metrics what only the database knows: how much is in its queues. */
@Injectable()
export class MetricsLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: Loop;

  constructor(
    private readonly database: Database,
    private readonly metrics: Metrics,
    private readonly scheduler: LoopScheduler,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.loop = new Loop('metrics', SAMPLE_EVERY_SECS * 1000, async () => {
      await this.runOnce();
      return { found: 0, hasMore: false };
    });
  }

  onApplicationBootstrap(): void {
    if (this.config.worker.enabled) this.loop.start(this.scheduler);
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
  }

  /** Takes one sample. */
  async runOnce(): Promise<void> {
    const { tasks, estimates, outbox } = await this.database.transaction(async (tx) => {
      await tx.run(byIndexOnly);
      const [outbox] = await tx.run(sampleOutbox);
      return { tasks: await tx.run(sampleTasks), estimates: await tx.run(estimateTasks), outbox };
    });
    this.metrics.tasks.sampled(tasks);
    this.metrics.tasks.estimated(estimates);
    this.metrics.webhooks.sampled(outbox);
  }
}
