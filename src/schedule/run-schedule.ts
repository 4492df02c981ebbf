import { Injectable } from '@nestjs/common';
import { Database } from '../database/database';
import { scheduleNotFound } from '../domain/errors';
import { FiringDto } from './dto/firing.dto';
import { Fire } from './fire';
import { lockToRun } from './sql/due';

/** Fires schedules by hand, beside their due times. */
@Injectable()
export class RunSchedule {
  constructor(
    private readonly database: Database,
    private readonly fire: Fire,
  ) {}

  /**
   * Fires a schedule now, also while it is paused.
   * @throws {NotFound} when the schedule does not exist.
   * @throws {Conflict} when `overlap` is `skip` and the previous batch is unfinished.
   * @throws {InvalidRequest} when its batch is not valid any more.
   */
  async now(name: string): Promise<FiringDto> {
    const fired = await this.database.transaction(async (tx) => {
      const [schedule] = await tx.run(lockToRun, name);
      if (!schedule) throw scheduleNotFound(name);
      return this.fire.fire(tx, schedule, schedule.now, true);
    });
    this.fire.publish(fired);
    return FiringDto.from(fired.firing);
  }
}
