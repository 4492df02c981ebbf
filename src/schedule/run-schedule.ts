import { Injectable } from '@nestjs/common';
import { Database } from '../database/database';
import { scheduleNotFound } from '../domain/errors';
import { CreateFiring } from './create-firing';
import { FiringDto } from './dto/firing.dto';
import { lockToRun } from './sql/due';
import { clock } from './sql/save';

/** Runs schedules on request, in addition to their due times. */
@Injectable()
export class RunSchedule {
  constructor(
    private readonly database: Database,
    private readonly firings: CreateFiring,
  ) {}

  /**
   * Fires a schedule now, even while it is paused.
   * @throws {NotFound} when the schedule does not exist.
   * @throws {Conflict} when its batch is no longer valid, or the previous one is unfinished and `overlap` is `skip`.
   */
  async now(name: string): Promise<FiringDto> {
    const created = await this.database.transaction(async (tx) => {
      const [schedule] = await tx.run(lockToRun, name);
      if (!schedule) throw scheduleNotFound(name);
      const [{ now }] = await tx.run(clock);
      return this.firings.create(tx, schedule, now, true);
    });
    this.firings.publish(created);
    return FiringDto.from(created.firing);
  }
}
