import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { version } from '../../package.json';
import { DatabaseMetrics } from './database-metrics';
import { HttpMetrics } from './http-metrics';
import { LoopMetrics } from './loop-metrics';
import { ScheduleMetrics } from './schedule-metrics';
import { TaskMetrics } from './task-metrics';
import { WebhookMetrics } from './webhook-metrics';

/** Gauges named like counters. They repeat the sums of others, such as nodejs_active_resources. */
const MISNAMED = ['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`);

/**
 * Metrics of the service (docs/metrics.md). Other modules report events; names, labels and buckets are defined here. Each
 * application has its own registry, so that several can run in one process.
 */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();
  readonly tasks = new TaskMetrics(this.registry);
  readonly webhooks = new WebhookMetrics(this.registry);
  readonly database = new DatabaseMetrics(this.registry);
  readonly schedules = new ScheduleMetrics(this.registry);
  readonly loops = new LoopMetrics(this.registry);
  readonly http = new HttpMetrics(this.registry);

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    new Gauge({
      name: 'hookline_build_info',
      help: 'Always 1, with the versions of Hookline and of Node.',
      labelNames: ['version', 'node'],
      registers: [this.registry],
    }).set({ version, node: process.version }, 1);
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
  }

  /** Returns all metrics in the text format of Prometheus, without a database query. */
  text(): Promise<string> {
    return this.registry.metrics();
  }
}
