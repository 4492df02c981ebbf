import { Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Metrics } from '../metrics/metrics';
import { Tracing } from '../tracing/tracing';
import type { Iteration } from './iteration';

/** Runs loops: keeps their intervals, and records their iterations in metrics and traces. */
@Injectable()
export class LoopScheduler {
  constructor(
    private readonly registry: SchedulerRegistry,
    private readonly metrics: Metrics,
    private readonly tracing: Tracing,
  ) {}

  /** Calls `wake` on an interval until the application ends. */
  every(intervalMs: number, loop: string, wake: () => void): void {
    this.registry.addInterval(loop, setInterval(wake, intervalMs));
    this.metrics.loops.started(loop);
  }

  /** Runs one iteration and records its duration, result and failure. */
  async run(loop: string, iteration: () => Promise<Iteration>): Promise<Iteration> {
    const begun = performance.now();
    let failed = true;
    try {
      const result = await this.tracing.iteration(loop, ({ found }) => found, iteration);
      failed = false;
      return result;
    } finally {
      this.metrics.loops.ran(loop, performance.now() - begun, failed);
    }
  }
}
