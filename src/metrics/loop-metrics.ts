import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** How the worker loops do. */
export class LoopMetrics {
  private readonly durations: Histogram<'loop'>;
  private readonly failures: Counter<'loop'>;
  private readonly lastRun: Gauge<'loop'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.durations = new Histogram({
      name: 'hookline_loop_iteration_duration_seconds',
      help: 'How long the iterations of the loops took; the count is the number of iterations, failed ones included.',
      labelNames: ['loop'],
      buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60],
      registers,
    });
    this.failures = new Counter({
      name: 'hookline_loop_failures_total',
      help: 'Rounds that failed, while the database was away for instance.',
      labelNames: ['loop'],
      registers,
    });
    this.lastRun = new Gauge({
      name: 'hookline_loop_last_run_timestamp_seconds',
      help: 'When the last iteration that did not fail ended, in Unix time.',
      labelNames: ['loop'],
      registers,
    });
  }

  /** A loop was started: its failures can be told from no loop at all. */
  started(loop: string): void {
    this.failures.inc({ loop }, 0);
  }

  /** An iteration has ended. */
  ran(loop: string, ms: number, failed: boolean): void {
    this.durations.observe({ loop }, ms / 1000);
    if (failed) this.failures.inc({ loop });
    else this.lastRun.set({ loop }, Date.now() / 1000);
  }
}
