import { Injectable } from '@nestjs/common';
import { Database } from '../database/database';
import type { Tx } from '../database/statement';
import { batchNotFound } from '../domain/errors';
import { Cancel } from '../task/finish/cancel';
import type { Finished } from '../task/finish/finish';
import { type BatchTaskRow, tasksOfBatch } from './sql/tasks-of-batch';
import type { StopDto } from './stop-batch.dto';

const REASON = 'Batch stopped';

/** Stops a batch: cancels all of its tasks that have not ended. */
@Injectable()
export class StopBatch {
  constructor(
    private readonly database: Database,
    private readonly cancel: Cancel,
  ) {}

  /** @throws {NotFound} when the batch does not exist or has no tasks. */
  async batch(batchId: string): Promise<StopDto> {
    const tasks = await this.database.run(tasksOfBatch, batchId);
    if (tasks.length === 0) throw batchNotFound(batchId);
    const { ended } = await this.cancel.all(openOf(tasks), REASON);
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
  /** Stops a batch within the caller's transaction, who publishes the result after the commit. */
  async inTransaction(tx: Tx, batchId: string): Promise<Finished> {
    return this.cancel.inTransaction(tx, openOf(await tx.run(tasksOfBatch, batchId)), REASON);
  }
}

const openOf = (tasks: readonly BatchTaskRow[]): string[] => tasks.filter(({ ended }) => !ended).map(({ id }) => id);
