import { Injectable, Logger } from '@nestjs/common';
import { Database } from '../database/database';
import type { Tx } from '../database/statement';
import { Conflict, DatabaseUnavailable } from '../domain/errors';
import { chooseDue } from './choose-due';
import { type CreatedFiring, CreateFiring } from './create-firing';
import { DueTimes, first } from './due-times';
import { advance, type DueScheduleRow, lockDue } from './sql/due';
import { recordFiring } from './sql/firing';

const MAX_REASON_LENGTH = 1000;
/** The error itself may quote SQL and values, which answers do not show. */
const INTERNAL_ERROR = 'The batch could not be created: internal error; the log has the details';

type FireOne = (tx: Tx, schedule: DueScheduleRow, due: Date) => Promise<CreatedFiring>;

/** Fires one due time of a schedule. The batch, the record of the firing and the next due time commit together. */
@Injectable()
export class FireDue {
  private readonly logger = new Logger('Schedule');

  constructor(
    private readonly database: Database,
    private readonly firings: CreateFiring,
  ) {}

  /**
   * Fires the next due time of a schedule, or drops those that were missed. A failure that a repetition would not change
   * is recorded as this firing.
   * @returns false if nothing is due, or another replica has locked the schedule.
   * @throws {DatabaseUnavailable} if the firing is to be tried again.
   */
  async fireNext(name: string): Promise<boolean> {
    try {
      return await this.inTransaction(name, (tx, schedule, due) => this.firings.create(tx, schedule, due, false));
    } catch (error) {
      if (error instanceof DatabaseUnavailable) throw error;
      const reason = this.log(name, error).slice(0, MAX_REASON_LENGTH);
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
      const { due, missed } = chooseDue(times, schedule);
      if (!due || due > schedule.now) {
        await tx.run(advance, name, due ?? null, null);
        return { schedule, missed };
      }
      const fired = await fireOne(tx, schedule, due);
      const [next] = first(1, times.after(due));
      await tx.run(advance, name, next ?? null, due);
      return { schedule, missed, fired };
    });
    if (!result) return false;
    const { schedule, missed, fired } = result;
    if (missed > 0) this.logger.warn('Missed due times were dropped', { schedule: name, due_times: missed });
    if (fired) this.firings.publish(fired, schedule.lag_secs);
    return true;
  }

  /** Logs why a due time could not be fired, and returns what answers say of it. */
  private log(schedule: string, error: unknown): string {
    const message = 'A due time could not be fired';
    if (error instanceof Conflict) {
      const reason = `${error.message}: ${error.details.join('; ')}`;
      this.logger.warn(message, { schedule, reason });
      return reason;
    }
    this.logger.error(message, { schedule, error: error instanceof Error ? error.stack : String(error) });
    return INTERNAL_ERROR;
  }
}
