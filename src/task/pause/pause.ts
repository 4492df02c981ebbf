import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/audit-log';
import { Database } from '../../database/database';
import { InvalidRequest, taskNotFound } from '../../domain/errors';
import { Metrics } from '../../metrics/metrics';
import { pause, type PauseRow, resume } from '../sql/pause';
import { AfterCommit } from '../finish/after-commit';

type Action = 'pause_task' | 'resume_task';

/** Pauses and resumes tasks. */
@Injectable()
export class Pause {
  constructor(
    private readonly database: Database,
    private readonly afterCommit: AfterCommit,
    private readonly metrics: Metrics,
    private readonly audit: AuditLog,
  ) {}

  /**
   * @param actor of the audit log.
   * @throws {NotFound} when the task does not exist.
   * @throws {InvalidRequest} when it is paused already or has ended.
   */
  async pause(id: string, actor: string | null): Promise<void> {
    const row = await this.recorded(id, 'pause_task', actor);
    if (!row) throw taskNotFound(id);
    if (!row.done) throw new InvalidRequest(`The task cannot be paused: it is ${row.status}`);
    this.metrics.tasks.moved(row.status, 'Paused');
    if (row.ruled) this.afterCommit.openRuleKeys([row]);
  }

  /**
   * @param actor of the audit log.
   * @throws {NotFound} when the task does not exist.
   * @throws {InvalidRequest} when it is not paused.
   */
  async resume(id: string, actor: string | null): Promise<void> {
    const row = await this.recorded(id, 'resume_task', actor);
    if (!row) throw taskNotFound(id);
    if (!row.done) throw new InvalidRequest(`The task cannot be resumed: it is ${row.status}`);
    this.metrics.tasks.moved('Paused', row.status);
    if (row.status === 'Pending') this.afterCommit.pending([row]);
    if (row.ruled) this.afterCommit.openRuleKeys([row]);
  }

  private recorded(id: string, action: Action, actor: string | null): Promise<PauseRow | undefined> {
    return this.database.transaction(async (tx) => {
      const [row] = await tx.run(action === 'pause_task' ? pause : resume, id);
      if (row?.done)
        this.audit.record(tx, {
          action,
          actor,
          batchId: row.batch_id,
          taskId: id,
          details: action === 'pause_task' ? { from: row.status } : { to: row.status },
        });
      return row;
    });
  }
}
