import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { DatabaseMetrics } from './database-metrics';
import { LoopMetrics } from './loop-metrics';
import { TaskMetrics } from './task-metrics';
import { WebhookMetrics } from './webhook-metrics';

/**
 * What the service says about itself in numbers (docs/metrics.md). The other rooms tell what happened, in their own
 * words; names, labels and their bounds are decided here. Every application has its own: nothing is shared between
 * two of them in one process.
 */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();
  readonly tasks = new TaskMetrics(this.registry);
  readonly webhooks = new WebhookMetrics(this.registry);
  readonly database = new DatabaseMetrics(this.registry);
  readonly loops = new LoopMetrics(this.registry);

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** All of them in the text format of Prometheus. Asks nothing of the database. */
  text(): Promise<string> {
    return this.registry.metrics();
  }
}
