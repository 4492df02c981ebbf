import { Logger } from '@nestjs/common';
import { DatabaseUnavailable } from '../domain/errors';
import type { LoopScheduler } from './loop-scheduler';
import type { Iteration } from './iteration';

const LOG_FAULTS_EVERY_MS = 30_000;
const MAX_BACKOFF_MS = 15_000;
/** Work waits for the first iteration that the database takes; while it is away, the breaker refuses iterations at no cost. */
const MAX_AWAY_PAUSE_MS = 1000;
/** After an iteration, so many times as long as it took passes until the interval begins the next: looking takes a tenth of the time. */
const REST_FACTOR = 9;
const MAX_REST_MS = 5_000;

/**
 * A worker loop: runs when woken, and on an interval as the safety net, never twice at once. The interval leaves out turns
 * while iterations take long: searches do when somebody's open transaction keeps PostgreSQL from cleaning up. An iteration that says there
 * is more is followed by the next one straight away. An iteration that fails is repeated after a growing pause, in which
 * wake-ups wait, and its fault is logged at most every half minute, so that a database that is away floods nothing.
 */
export class Loop {
  private readonly logger: Logger;
  private scheduler: LoopScheduler;
  private running?: Promise<void>;
  private woken = false;
  private stopped = true;
  private faults = 0;
  private paused = false;
  private loggedAt = 0;
  private restsUntil = 0;

  /**
   * @param name also the name of its interval in the scheduler, and its label in the metrics.
   * @param iteration does one iteration of work.
   * @param options `maxPauseMs` is the longest pause after an iteration that failed or took long; `onInterval` is told when an iteration comes
   * from the interval, and not from somebody who knew of work.
   */
  constructor(
    readonly name: string,
    private readonly intervalMs: number,
    private readonly iteration: () => Promise<Iteration>,
    private readonly options: { maxPauseMs?: number; onInterval?: () => void } = {},
  ) {
    this.logger = new Logger(`Loop ${name}`);
  }

  start(scheduler: LoopScheduler): void {
    this.stopped = false;
    this.scheduler = scheduler;
    scheduler.every(this.intervalMs, this.name, () => {
      if (performance.now() < this.restsUntil) return;
      this.options.onInterval?.();
      this.wake();
    });
    this.wake();
  }

  /** Runs an iteration as soon as possible; one that is under way is followed by another. */
  wake(): void {
    this.woken = true;
    if (!this.stopped && !this.running && !this.paused) this.running = this.runWhileWoken();
  }

  /** No further iteration begins; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  private async runWhileWoken(): Promise<void> {
    while (this.woken && !this.stopped) {
      this.woken = false;
      const begun = performance.now();
      try {
        if ((await this.scheduler.run(this.name, this.iteration)).hasMore) this.woken = true;
        this.faults = 0;
        const ended = performance.now();
        this.restsUntil = ended + Math.min(this.options.maxPauseMs ?? MAX_REST_MS, REST_FACTOR * (ended - begun));
      } catch (error) {
        this.backOff(error);
        break;
      }
    }
    this.running = undefined;
  }

  private backOff(error: unknown): void {
    this.faults++;
    this.paused = true;
    const resume = () => {
      this.paused = false;
      this.wake();
    };
    const { maxPauseMs = MAX_BACKOFF_MS } = this.options;
    const longest = error instanceof DatabaseUnavailable ? Math.min(maxPauseMs, MAX_AWAY_PAUSE_MS) : maxPauseMs;
    setTimeout(resume, Math.min(longest, 100 * 2 ** this.faults)).unref();
    if (Date.now() - this.loggedAt < LOG_FAULTS_EVERY_MS) return;
    this.loggedAt = Date.now();
    if (error instanceof DatabaseUnavailable) this.logger.warn(`Waiting for the database: ${error.message}`);
    else this.logger.error('An iteration failed', error instanceof Error ? error.stack : error);
  }
}
