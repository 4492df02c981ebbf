import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database';
import type { Tx } from '../../database/statement';
import { Propagation } from '../../dag/propagation';
import { InvalidRequest, taskNotFound } from '../../domain/errors';
import { AfterCommit } from './after-commit';
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
  ) {}

  /**
   * Cancels a task and fails the descendants that require it.
   * @throws {NotFound} when the task does not exist.
   * @throws {InvalidRequest} when it has ended.
   */
  async one(id: string): Promise<void> {
    const { ended, found } = await this.all([id], 'Canceled by request');
    if (ended.some((row) => row.id === id)) return;
    const task = found.find((row) => row.id === id);
    if (!task) throw taskNotFound(id);
    throw new InvalidRequest(`The task cannot be canceled: it is ${task.status}`);
  }

  /** Cancels those of these tasks that have not ended; returns what ended, and the tasks as they were before. */
  async all(ids: string[], reason: string): Promise<Canceled> {
    const result = await this.database.transaction((tx) => this.inTransaction(tx, ids, reason));
    this.afterCommit.publish(result);
    return result;
  }

  /** Cancels tasks within the caller's transaction, who publishes the result after the commit. */
  async inTransaction(tx: Tx, ids: string[], reason: string): Promise<Canceled> {
    const found = await this.propagation.lock(tx, ids, { ending: ids, failing: ids });
    const finished = await this.finish.finish(
      tx,
      ids.map((id) => ({ id, ending: 'canceled', reason })),
    );
    return { ...finished, found };
  }
}
