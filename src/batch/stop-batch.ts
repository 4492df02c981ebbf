import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log';
import { Database } from '../database/database';
import type { Tx } from '../database/statement';
import { BATCH_STOPPED } from '../domain/consequence';
import { batchNotFound } from '../domain/errors';
import { BatchChanges } from '../task/batch-changes';
import { AfterCommit } from '../task/finish/after-commit';
import { Cancel } from '../task/finish/cancel';
import type { Finished } from '../task/finish/finish';
import { lockBatch, recordStop } from '../task/sql/batch';
import { type BatchTaskRow, tasksOfBatch } from './sql/tasks-of-batch';
import type { StopDto } from './stop-batch.dto';

/** What a stop did, and the tasks of the batch as they were before. */
type Stopped = Finished & { tasks: BatchTaskRow[]; wasOpen: boolean };

/** Stops a batch: cancels all of its tasks that have not ended. */
@Injectable()
export class StopBatch {
  constructor(
    private readonly database: Database,
    private readonly changes: BatchChanges,
    private readonly cancel: Cancel,
    private readonly afterCommit: AfterCommit,
    private readonly audit: AuditLog,
  ) {}

  /**
   * @param actor of the audit log.
   * @throws {NotFound} when the batch does not exist or has no tasks.
   */
  async batch(batchId: string, actor: string | null): Promise<StopDto> {
    const stop = async (tx: Tx) => {
      const stopped = await this.inTransaction(tx, batchId);
      const changed = stopped.tasks.length > 0 && (stopped.wasOpen || stopped.ended.length > 0);
      const details = { ended: stopped.ended.length };
      if (changed) this.audit.record(tx, { action: 'stop_batch', actor, batchId, details });
      return stopped;
    };
    const stopped = await this.changes.run(() => this.database.transaction(stop));
    const { ended, tasks } = stopped;
    if (tasks.length === 0) throw batchNotFound(batchId);
    this.afterCommit.publish(stopped);
    const canceled = ended.filter(({ batch_id, ending }) => batch_id === batchId && ending === 'canceled');
    const from = (status: string) => canceled.filter(({ was, was_paused }) => !was_paused && was === status).length;
    return {
      batch_id: batchId,
      canceled_waiting: from('Waiting'),
      canceled_pending: from('Pending'),
      canceled_claimed: from('Claimed'),
      canceled_running: from('Running'),
      canceled_paused: canceled.filter(({ was_paused }) => was_paused).length,
      already_terminal: tasks.length - canceled.length,
    };
  }

  /**
   * Stops a batch within the caller's transaction, who publishes the result after the commit. No task is added to it from
   * now on.
   */
  async inTransaction(tx: Tx, batchId: string): Promise<Stopped> {
    await tx.run(lockBatch, batchId);
    const tasks = await tx.run(tasksOfBatch, batchId);
    const open = tasks.filter(({ ended }) => !ended).map(({ id }) => id);
    const finished = await this.cancel.inTransaction(tx, open, BATCH_STOPPED);
    const wasOpen = (await tx.run(recordStop, batchId)).length > 0;
    return { ...finished, tasks, wasOpen };
  }
}
