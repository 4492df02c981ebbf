import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/audit-log';
import { Database } from '../../database/database';
import { Conflict, taskNotFound } from '../../domain/errors';
import type { HandleTarget } from '../../http/params';
import { Wakeups } from '../../loops/wakeups';
import { notCurrent } from '../report/outcome';
import { currentAttempts } from '../sql/attempts';
import { reschedule } from '../sql/delay';

/** Moves the start of tasks that have not started. */
@Injectable()
export class Reschedule {
  constructor(
    private readonly database: Database,
    private readonly wakeups: Wakeups,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Lets a task, or its next attempt, start at `runAt`, or now if it is null. The audit log names the client; receivers are
   * not recorded.
   * @throws {NotFound} when the task does not exist.
   * @throws {Conflict} when it has started or ended, or is at another attempt.
   */
  async to({ id, ownAttempt, actor }: Omit<HandleTarget, 'attempt'>, runAt: Date | null): Promise<void> {
    const moved = await this.database.transaction(async (tx) => {
      const [row] = await tx.run(reschedule, id, runAt, ownAttempt ?? null);
      const details = { run_at: runAt?.toISOString() ?? 'now' };
      if (row && actor !== undefined)
        this.audit.record(tx, { action: 'reschedule_task', actor, batchId: row.batch_id, taskId: id, details });
      return row !== undefined;
    });
    if (!moved) throw await this.refusal(id, ownAttempt);
    this.wakeups.wake('due');
  }

  /** Reads the task again: it may have started while the statement waited for its claim, and looked different before. */
  private async refusal(id: string, attempt?: number): Promise<Error> {
    const [current] = await this.database.run(currentAttempts, [id]);
    if (!current) return taskNotFound(id);
    if (attempt !== undefined && attempt !== current.attempt) return notCurrent(attempt, current);
    return new Conflict(`Only a task that has not started can be moved: it is ${current.status}`, {
      current_attempt: current.attempt,
      current_status: current.status,
    });
  }
}
