import { Logger } from '@nestjs/common';
import { DatabaseUnavailable } from '../domain/errors';
import { backoff } from '../domain/backoff';
import { DutyCycle } from './duty-cycle';
import type { Iteration } from './iteration';
import type { LoopScheduler } from './loop-scheduler';

const LOG_FAILURES_EVERY_MS = 30_000;
const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 15_000;
// During an outage the breaker refuses iterations at no cost, and work waits for the first one that succeeds.
const LONGEST_OUTAGE_BACKOFF_MS = 1000;
const LONGEST_REST_MS = 5000;

interface Options {
  /** The longest pause after an iteration that failed or took long. */
  maxPauseMs?: number;
  /** Called before an iteration that the interval begins, and not a wake-up. */
  onInterval?: () => void;
}

/**
 * Runs iterations when woken and, as the safety net, on an interval; never two at once.
 * - An iteration that has more to do is followed by the next one at once, and one that knows when something is due, by
 *   one at that time.
 * - After a slow iteration the interval skips its turns until the loop has rested. Scans are slow while someone's open
 *   transaction keeps PostgreSQL from cleaning up.
 * - A failed iteration is repeated after a growing pause, which wake-ups do not shorten. Its failure is logged at most every
 *   half minute, so that an outage of the database does not flood the log.
 */
export class Loop {
  private readonly logger: Logger;
  private scheduler: LoopScheduler;
  private running?: Promise<void>;
  private woken = false;
  private stopped = true;
  private failures = 0;
  private paused = false;
  private loggedAt = 0;
  private timer?: NodeJS.Timeout;
  private readonly iterations: DutyCycle;

  /** @param name also names the interval in the scheduler, and is the label in the metrics. */
  constructor(
    readonly name: string,
    private readonly intervalMs: number,
    private readonly iteration: () => Promise<Iteration>,
    private readonly options: Options = {},
  ) {
    this.logger = new Logger(`Loop ${name}`);
    this.iterations = new DutyCycle(options.maxPauseMs ?? LONGEST_REST_MS);
  }

  /** Begins the interval and runs the first iteration. */
  start(scheduler: LoopScheduler): void {
    this.stopped = false;
    this.scheduler = scheduler;
    scheduler.every(this.intervalMs, this.name, () => {
      if (this.iterations.restMs > 0) return;
      this.options.onInterval?.();
      this.wake();
    });
    this.wake();
  }

  /** Runs an iteration as soon as possible; if one is running, another follows it. */
  wake(): void {
    this.woken = true;
    if (!this.stopped && !this.running && !this.paused) this.running = this.runWhileWoken();
  }

  /** Begins no further iteration; resolves when the running one has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private async runWhileWoken(): Promise<void> {
    while (this.woken && !this.stopped) {
      this.woken = false;
      const begun = performance.now();
      try {
        const { hasMore, dueInMs = Infinity } = await this.scheduler.run(this.name, this.iteration);
        if (hasMore) this.woken = true;
        this.failures = 0;
        this.iterations.ran(performance.now() - begun);
        this.wakeIn(dueInMs);
      } catch (error) {
        this.backOff(error);
        break;
      }
    }
    this.running = undefined;
  }

  /** Wakes after `ms`; a time beyond the next turn of the interval needs no timer. */
  private wakeIn(ms: number): void {
    clearTimeout(this.timer);
    if (ms < Math.max(this.intervalMs, this.iterations.restMs) && !this.stopped)
      this.timer = setTimeout(() => this.wake(), Math.max(0, ms)).unref();
  }

  private backOff(error: unknown): void {
    this.paused = true;
    const resume = () => {
      this.paused = false;
      this.wake();
    };
    const { maxPauseMs = LONGEST_BACKOFF_MS } = this.options;
    const longestMs =
      error instanceof DatabaseUnavailable ? Math.min(maxPauseMs, LONGEST_OUTAGE_BACKOFF_MS) : maxPauseMs;
    setTimeout(resume, backoff(FIRST_BACKOFF_MS, longestMs, ++this.failures)).unref();
    if (Date.now() - this.loggedAt < LOG_FAILURES_EVERY_MS) return;
    this.loggedAt = Date.now();
    if (error instanceof DatabaseUnavailable) this.logger.warn(`Waiting for the database: ${error.message}`);
    else this.logger.error('An iteration failed', error instanceof Error ? error.stack : error);
  }
}
