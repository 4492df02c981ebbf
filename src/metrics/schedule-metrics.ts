import { Counter, Histogram, type Registry } from 'prom-client';

const OUTCOMES = ['fired', 'skipped', 'failed'] as const;

/** Metrics of schedules, about this process. */
export class ScheduleMetrics {
  private readonly firings: Counter<'outcome'>;
  private readonly lag: Histogram;

  constructor(registry: Registry) {
    const registers = [registry];
    this.firings = new Counter({
      name: 'hookline_schedule_firings_total',
      help: 'Firings of schedules, manual runs included, by outcome: fired, skipped (overlap) or failed.',
      labelNames: ['outcome'],
      registers,
    });
    this.lag = new Histogram({
      name: 'hookline_schedule_lag_seconds',
      help: 'Time from when a schedule was to be fired, jitter included, to its firing.',
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300, 3600],
      registers,
    });
    for (const outcome of OUTCOMES) this.firings.inc({ outcome }, 0);
  }

  /** Counts a firing. @param lagSecs how late it was; absent for a manual run. */
  fired(outcome: (typeof OUTCOMES)[number], lagSecs?: number): void {
    this.firings.inc({ outcome });
    if (lagSecs !== undefined) this.lag.observe(lagSecs);
  }
}
