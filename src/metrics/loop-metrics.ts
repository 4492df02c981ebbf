import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Metrics of the loops. */
export class LoopMetrics {
  private readonly durations: Histogram<'loop'>;
  private readonly failures: Counter<'loop'>;
  private readonly lastRun: Gauge<'loop'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.durations = new Histogram({
      name: 'hookline_loop_iteration_duration_seconds',
      help: 'Duration of loop iterations, failed ones included.',
      labelNames: ['loop'],
      buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60],
      registers,
    });
    this.failures = new Counter({
      name: 'hookline_loop_failures_total',
      help: 'Failed loop iterations, for instance while the database is unavailable.',
      labelNames: ['loop'],
      registers,
    });
    this.lastRun = new Gauge({
      name: 'hookline_loop_last_run_timestamp_seconds',
      help: 'Unix time at which the last successful iteration ended; before the first, at which the loop was started.',
      labelNames: ['loop'],
      registers,
    });
  }

  /** Creates the series of a loop, so that one without failures, or that never succeeds, differs from no loop. */
  started(loop: string): void {
    this.failures.inc({ loop }, 0);
    this.lastRun.set({ loop }, Date.now() / 1000);
  }

  /** Counts an iteration. */
  ran(loop: string, ms: number, failed: boolean): void {
    this.durations.observe({ loop }, ms / 1000);
    if (failed) this.failures.inc({ loop });
    else this.lastRun.set({ loop }, Date.now() / 1000);
  }
}
