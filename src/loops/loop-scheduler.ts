import { Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Metrics } from '../metrics/metrics';

/** What loops run on: the scheduler keeps their intervals, and the metrics say how their rounds go. */
@Injectable()
export class LoopScheduler {
  constructor(
    private readonly registry: SchedulerRegistry,
    private readonly metrics: Metrics,
  ) {}

  /** Calls `wake` on an interval until the application ends. */
  every(intervalMs: number, loop: string, wake: () => void): void {
    this.registry.addInterval(loop, setInterval(wake, intervalMs));
    this.metrics.loops.started(loop);
  }

  /** Runs one round and puts on record how it went. */
  async run<T>(loop: string, round: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    let failed = true;
    try {
      const result = await round();
      failed = false;
      return result;
    } finally {
      this.metrics.loops.ran(loop, performance.now() - begun, failed);
    }
  }
}
