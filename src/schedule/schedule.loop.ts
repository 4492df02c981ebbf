import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Database } from '../database/database';
import { DatabaseUnavailable } from '../domain/errors';
import type { Iteration } from '../loops/iteration';
import { Wakeups } from '../loops/wakeups';
import { WorkerLoop } from '../loops/worker-loop';
import { FireDue } from './fire-due';
import { findDue } from './sql/due';

/** Schedules that are fired in one iteration at most. */
const MAX_FIRED = 100;
/** Many schedules are due at midnight; each of these holds one connection. */
const AT_ONCE = 4;

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
    const waiting = [...due];
    const counts = await Promise.all(Array.from({ length: AT_ONCE }, () => this.fireAll(waiting)));
    const found = counts.reduce((sum, count) => sum + count, 0);
    // What was fired has a new due time, which the next iteration finds. What was not is tried again after the interval.
    return { found, hasMore: found > 0, dueInMs: due_in_ms ?? undefined };
  }

  /** Fires the schedules that wait, and returns how many there were. One that fails keeps no other from being fired. */
  private async fireAll(waiting: string[]): Promise<number> {
    let fired = 0;
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      try {
        if (await this.firings.fireNext(name)) fired++;
      } catch (error) {
        this.report(name, error);
      }
    }
    return fired;
  }

  private report(schedule: string, error: unknown): void {
    const fields = { schedule, error: String(error) };
    if (error instanceof DatabaseUnavailable) this.logger.warn('A schedule could not be fired yet', fields);
    else this.logger.error('A schedule could not be fired', fields);
  }
}
