import { Injectable, Logger } from '@nestjs/common';
import { Database } from '../database/database';
import type { Tx } from '../database/statement';
import { DatabaseUnavailable, InvalidRequest } from '../domain/errors';
import { chooseDue } from './choose-due';
import { DueTimes, first } from './due-times';
import { type Fired, Fire } from './fire';
import { type DueScheduleRow, lockDue, moveOn } from './sql/due';
import { recordFiring } from './sql/firing';

const MAX_REASON_LENGTH = 1000;

type FireOne = (tx: Tx, schedule: DueScheduleRow, due: Date) => Promise<Fired>;

/** Fires one due time of a schedule. The batch, the record of the firing and the next due time commit together. */
@Injectable()
export class FireDue {
  private readonly logger = new Logger('Schedule');

  constructor(
    private readonly database: Database,
    private readonly fire: Fire,
  ) {}

  /**
   * Fires the next due time of a schedule. A failure that another attempt would not change is recorded as this firing.
   * @returns false if nothing is due, or another replica has locked the schedule.
   * @throws {DatabaseUnavailable} if the firing is to be tried again.
   */
  async next(name: string): Promise<boolean> {
    try {
      return await this.inTransaction(name, (tx, schedule, due) => this.fire.fire(tx, schedule, due, false));
    } catch (error) {
      if (error instanceof DatabaseUnavailable) throw error;
      this.logger.warn('A due time could not be fired', { schedule: name, reason: String(error) });
      const reason = reasonOf(error).slice(0, MAX_REASON_LENGTH);
      return this.inTransaction(name, async (tx, _, due) => {
        const [firing] = await tx.run(recordFiring, name, due, false, 'failed', null, reason);
        return { firing };
      });
    }
  }

  private async inTransaction(name: string, fireOne: FireOne): Promise<boolean> {
    const result = await this.database.transaction(async (tx) => {
      const [schedule] = await tx.run(lockDue, name);
      if (!schedule) return undefined;
      const times = new DueTimes(schedule);
      const { due, skipped } = chooseDue(times, schedule);
      if (!due || due > schedule.now) {
        await tx.run(moveOn, name, due ?? null, null);
        return { schedule, skipped };
      }
      const fired = await fireOne(tx, schedule, due);
      const [next] = first(1, times.after(due));
      await tx.run(moveOn, name, next ?? null, due);
      return { schedule, skipped, fired };
    });
    if (!result) return false;
    const { schedule, skipped, fired } = result;
    if (skipped > 0) this.logger.warn('Missed due times are skipped', { schedule: name, due_times: skipped });
    if (fired) this.fire.publish(fired, schedule.lag_secs);
    return true;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof InvalidRequest)) return `The batch could not be created: ${String(error)}`;
  return `The batch is not valid: ${error.details.map((detail) => `batch.${detail}`).join('; ')}`;
}
