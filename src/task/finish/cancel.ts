import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/audit-log';
import { Database } from '../../database/database';
import type { Tx } from '../../database/statement';
import { Propagation } from '../../dag/propagation';
import { InvalidRequest, taskNotFound } from '../../domain/errors';
import { AfterCommit } from './after-commit';
import type { EndRow } from '../sql/end-tasks';
import { Finish, type Finished } from './finish';

type Canceled = Finished & { found: { id: string; status: string }[] };

/** Cancels tasks, one or many. */
@Injectable()
export class Cancel {
  constructor(
    private readonly database: Database,
    private readonly propagation: Propagation,
    private readonly finish: Finish,
    private readonly afterCommit: AfterCommit,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Cancels a task and fails the descendants that require it.
   * @param actor of the audit log.
   * @throws {NotFound} when the task does not exist.
   * @throws {InvalidRequest} when it has ended.
   */
  async one(id: string, actor: string | null): Promise<void> {
    const result = await this.database.transaction(async (tx) => {
      const canceled = await this.inTransaction(tx, [id], 'Canceled by request');
      const task = canceled.ended.find((row) => row.id === id);
      if (task) this.record(tx, actor, task, canceled.ended.length);
      return canceled;
    });
    this.afterCommit.publish(result);
    if (result.ended.some((row) => row.id === id)) return;
    const task = result.found.find((row) => row.id === id);
    if (!task) throw taskNotFound(id);
    throw new InvalidRequest(`The task cannot be canceled: it is ${task.status}`);
  }

  /**
   * Cancels those of these tasks that have not ended, within the caller's transaction, who publishes the result after the
   * commit. Returns what ended, and the tasks as they were before.
   */
  async inTransaction(tx: Tx, ids: string[], reason: string): Promise<Canceled> {
    const found = await this.propagation.lock(tx, ids, { ending: ids, failing: ids });
    const finished = await this.finish.finish(
      tx,
      ids.map((id) => ({ id, ending: 'canceled', reason })),
    );
    return { ...finished, found };
  }

  /** @param ended how many tasks ended in all. */
  private record(tx: Tx, actor: string | null, { id, batch_id }: EndRow, ended: number): void {
    this.audit.record(tx, { action: 'cancel_task', actor, batchId: batch_id, taskId: id, details: { ended } });
  }
}
