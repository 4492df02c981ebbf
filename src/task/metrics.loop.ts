import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Database } from '../database/database';
import type { Iteration } from '../loops/iteration';
import { WorkerLoop } from '../loops/worker-loop';
import { Metrics } from '../metrics/metrics';
import { SAMPLE_EVERY_SECS } from '../metrics/sampling';
import { sampleOutbox } from '../webhook/sql/sample-outbox';
import { byIndexOnly, estimateTasks, sampleTasks } from './sql/sample';

/** Samples the lengths of the queues in the database for the metrics. */
@Injectable()
export class MetricsLoop extends WorkerLoop {
  constructor(
    private readonly database: Database,
    private readonly metrics: Metrics,
    @Inject(CONFIG) config: Config,
  ) {
    super({ name: 'metrics', intervalMs: SAMPLE_EVERY_SECS * 1000, enabled: config.worker.enabled });
  }

  protected async iterate(): Promise<Iteration> {
    const { tasks, estimates, outbox } = await this.database.transaction(async (tx) => {
      await tx.run(byIndexOnly);
      const [outbox] = await tx.run(sampleOutbox);
      return { tasks: await tx.run(sampleTasks), estimates: await tx.run(estimateTasks), outbox };
    });
    this.metrics.tasks.sampled(tasks);
    this.metrics.tasks.estimated(estimates);
    this.metrics.webhooks.sampled(outbox);
    return { found: 0, hasMore: false };
  }
}
