import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log';
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
    private readonly audit: AuditLog,
  ) {}

  /**
   * Fires a schedule now, even while it is paused.
   * @param actor of the audit log.
   * @throws {NotFound} when the schedule does not exist.
   * @throws {Conflict} when its batch is no longer valid, or the previous one is unfinished and `overlap` is `skip`.
   */
  async now(name: string, actor: string | null): Promise<FiringDto> {
    const created = await this.database.transaction(async (tx) => {
      const [schedule] = await tx.run(lockToRun, name);
      if (!schedule) throw scheduleNotFound(name);
      const [{ now }] = await tx.run(clock);
      const fired = await this.firings.create(tx, schedule, now, true);
      const ended = fired.stopped?.ended.length ?? 0;
      const stopped = { actor, batchId: schedule.last_batch_id, schedule: name, details: { ended } };
      if (ended > 0) this.audit.record(tx, { action: 'stop_batch', ...stopped });
      this.audit.record(tx, { action: 'run_schedule', actor, batchId: fired.firing.batch_id, schedule: name });
      return fired;
    });
    this.firings.publish(created);
    return FiringDto.from(created.firing);
  }
}
