import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Database } from '../database/database';
import { DatabaseUnavailable } from '../domain/errors';
import type { Iteration } from '../loops/iteration';
import { Wakeups } from '../loops/wakeups';
import { WorkerLoop } from '../loops/worker-loop';
import { FireDue } from './fire-due';
import { findDue } from './sql/due';

/** The largest number of schedules that are fired in one iteration. */
const MAX_FIRED = 100;
/** Many schedules are due at midnight; each of these holds one connection. */
const AT_ONCE = 4;
/** Pause before a schedule that could not be fired is tried again; the others are fired meanwhile. */
const RETRY_MS = 1000;

/** Fires schedules at their due times, by the clock of the database. */
@Injectable()
export class ScheduleLoop extends WorkerLoop {
  private readonly logger = new Logger(ScheduleLoop.name);

  constructor(
    private readonly database: Database,
    private readonly firings: FireDue,
    wakeups: Wakeups,
    @Inject(CONFIG) { worker }: Config,
  ) {
    super({ name: 'schedules', intervalMs: worker.loopIntervalMs, enabled: worker.enabled });
    if (worker.enabled) wakeups.on('schedule', () => this.loop.wake());
  }

  protected async iterate(): Promise<Iteration> {
    const [{ due, due_in_ms }] = await this.database.run(findDue, MAX_FIRED);
    const run = { waiting: [...due], fired: 0, failed: 0 };
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.fireAll(run)));
    const dueInMs = Math.min(due_in_ms ?? Infinity, run.failed > 0 ? RETRY_MS : Infinity);
    // What was fired has a new due time, which the next iteration finds.
    return { found: run.fired, hasMore: run.fired > 0, dueInMs };
  }

  /** Fires the schedules that wait. One that fails keeps no other from being fired. */
  private async fireAll(run: { waiting: string[]; fired: number; failed: number }): Promise<void> {
    for (let name = run.waiting.shift(); name !== undefined; name = run.waiting.shift()) {
      try {
        if (await this.firings.fireNext(name)) run.fired++;
      } catch (error) {
        run.failed++;
        this.report(name, error);
      }
    }
  }

  private report(schedule: string, error: unknown): void {
    const fields = { schedule, error: String(error) };
    if (error instanceof DatabaseUnavailable) this.logger.warn('A schedule could not be fired yet', fields);
    else this.logger.error('A schedule could not be fired', fields);
  }
}
