import { Logger } from '@nestjs/common';
import type { SchedulerRegistry } from '@nestjs/schedule';
import { DatabaseUnavailable } from '../domain/errors';

const LOG_FAULTS_EVERY_MS = 30_000;
const MAX_BACKOFF_MS = 15_000;

/**
 * A worker loop: runs when woken, and on an interval as the safety net, never twice at once. A round that says there
 * is more is followed by the next one straight away. A round that fails is followed by a growing pause in which
 * wake-ups wait, and its fault is logged at most every half minute, so that a database that is away floods nothing.
 */
export class Loop {
  private readonly logger: Logger;
  private running?: Promise<void>;
  private woken = false;
  private stopped = true;
  private faults = 0;
  private pausedUntil = 0;
  private loggedAt = 0;

  /**
   * @param name also the name of its interval in the scheduler.
   * @param round does one round of work; true when there is likely more to do at once.
   */
  constructor(
    readonly name: string,
    private readonly intervalMs: number,
    private readonly round: () => Promise<boolean>,
  ) {
    this.logger = new Logger(`Loop ${name}`);
  }

  start(scheduler: SchedulerRegistry): void {
    this.stopped = false;
    scheduler.addInterval(
      this.name,
      setInterval(() => this.wake(), this.intervalMs),
    );
    this.wake();
  }

  /** Runs a round as soon as possible; one that is under way is followed by another. */
  wake(): void {
    this.woken = true;
    if (!this.stopped && !this.running && Date.now() >= this.pausedUntil) this.running = this.runWhileWoken();
  }

  /** No further round begins; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  private async runWhileWoken(): Promise<void> {
    while (this.woken && !this.stopped) {
      this.woken = false;
      try {
        if (await this.round()) this.woken = true;
        this.faults = 0;
      } catch (error) {
        this.backOff(error);
        break;
      }
    }
    this.running = undefined;
  }

  private backOff(error: unknown): void {
    this.faults++;
    this.pausedUntil = Date.now() + Math.min(MAX_BACKOFF_MS, 100 * 2 ** this.faults);
    if (Date.now() - this.loggedAt < LOG_FAULTS_EVERY_MS) return;
    this.loggedAt = Date.now();
    if (error instanceof DatabaseUnavailable) this.logger.warn(`Waiting for the database: ${error.message}`);
    else this.logger.error('A round failed', error instanceof Error ? error.stack : error);
  }
}
