import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log';
import { Database } from '../database/database';
import type { Tx } from '../database/statement';
import { scheduleNotFound } from '../domain/errors';
import { writeJson } from '../domain/exact-number';
import { Wakeups } from '../loops/wakeups';
import { DueTimes, first, type Timing } from './due-times';
import { pauseSchedule, removeSchedule, resumeSchedule } from './sql/change';
import { clock, lockName, lockSchedule, saveSchedule, type StoredTimingRow } from './sql/save';
import { type NewSchedule, ValidateSchedule } from './validate-schedule';

/** Creates, replaces, pauses, resumes and removes schedules. */
@Injectable()
export class SaveSchedule {
  constructor(
    private readonly database: Database,
    private readonly validation: ValidateSchedule,
    private readonly wakeups: Wakeups,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Creates or replaces a schedule. Its next due time stays if nothing that it depends on has changed, so that a
   * deployment may repeat its request at any time.
   * @param actor of the audit log.
   * @returns whether the schedule is new.
   * @throws {InvalidRequest} naming every fault.
   */
  async save(name: string, body: unknown, actor: string | null): Promise<boolean> {
    const schedule = this.validation.validate(name, body);
    const isNew = await this.database.transaction(async (tx) => {
      await tx.run(lockName, name);
      const [before] = await tx.run(lockSchedule, name);
      const keeps = before !== undefined && !before.paused && isSameTiming(before, schedule);
      const next = keeps ? before.next_due_at : await this.nextDue(tx, schedule, before);
      const changed = await this.write(tx, name, schedule, keeps && before.jitter_secs === schedule.jitter_secs, next);
      if (changed)
        this.audit.record(tx, { action: 'save_schedule', actor, schedule: name, details: { created: !before } });
      return !before;
    });
    this.wakeups.wake('schedule');
    return isNew;
  }

  /**
   * @param actor of the audit log.
   * @throws {NotFound} when the schedule does not exist.
   */
  async pause(name: string, actor: string | null): Promise<void> {
    await this.database.transaction(async (tx) => {
      const [before] = await tx.run(lockSchedule, name);
      if (!before) throw scheduleNotFound(name);
      if (before.paused) return;
      await tx.run(pauseSchedule, name);
      this.audit.record(tx, { action: 'pause_schedule', actor, schedule: name });
    });
  }

  /**
   * Resumes a paused schedule at its next due time from now. Due times during the pause are not fired.
   * @param actor of the audit log.
   * @throws {NotFound} when the schedule does not exist.
   */
  async resume(name: string, actor: string | null): Promise<void> {
    await this.database.transaction(async (tx) => {
      const [before] = await tx.run(lockSchedule, name);
      if (!before) throw scheduleNotFound(name);
      if (!before.paused) return;
      await tx.run(resumeSchedule, name, await this.nextDue(tx, before, before));
      this.audit.record(tx, { action: 'resume_schedule', actor, schedule: name });
    });
    this.wakeups.wake('schedule');
  }

  /**
   * Removes a schedule and the records of its firings; the batches stay.
   * @param actor of the audit log.
   * @throws {NotFound} when the schedule does not exist.
   */
  async remove(name: string, actor: string | null): Promise<void> {
    await this.database.transaction(async (tx) => {
      const [found] = await tx.run(removeSchedule, name);
      if (!found) throw scheduleNotFound(name);
      this.audit.record(tx, { action: 'delete_schedule', actor, schedule: name });
    });
  }

  /** Returns the first due time from now, by the database's clock; never one that was handled already. */
  private async nextDue(tx: Tx, timing: Timing, before: StoredTimingRow | undefined): Promise<Date | null> {
    const [{ now }] = await tx.run(clock);
    const handled = before?.last_due_at ?? now;
    const [next] = first(1, new DueTimes(timing).after(handled > now ? handled : now));
    return next ?? null;
  }

  /** Returns whether that made a difference. */
  private async write(
    tx: Tx,
    name: string,
    schedule: NewSchedule,
    keepsFireAt: boolean,
    next: Date | null,
  ): Promise<boolean> {
    const [{ changed }] = await tx.run(
      saveSchedule,
      name,
      schedule.cron,
      schedule.timezone,
      schedule.starts_at,
      schedule.ends_at,
      schedule.overlap,
      schedule.catch_up,
      schedule.jitter_secs,
      schedule.paused,
      writeJson(schedule.batch),
      keepsFireAt,
      next,
    );
    return changed;
  }
}

const isSameTiming = (a: Timing, b: Timing): boolean =>
  a.cron === b.cron &&
  a.timezone === b.timezone &&
  a.starts_at?.getTime() === b.starts_at?.getTime() &&
  a.ends_at?.getTime() === b.ends_at?.getTime();
