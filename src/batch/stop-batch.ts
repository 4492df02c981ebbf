import { Injectable } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Database } from '../database/database';
import { NotFound } from '../domain/errors';
import { Cancel } from '../task/finish/cancel';
import { tasksOfBatch } from './sql/tasks-of-batch';

/** What stopping a batch did: tasks canceled by the state they were in, and tasks that had ended before. */
export class StopDto {
  @ApiProperty({ format: 'uuid' })
  batch_id: string;

  @ApiProperty({ type: 'integer', example: 3 })
  canceled_waiting: number;

  @ApiProperty({ type: 'integer', example: 1 })
  canceled_pending: number;

  @ApiProperty({ type: 'integer', example: 0 })
  canceled_claimed: number;

  @ApiProperty({ type: 'integer', example: 2 })
  canceled_running: number;

  @ApiProperty({ type: 'integer', example: 0 })
  canceled_paused: number;

  @ApiProperty({ type: 'integer', example: 4 })
  already_terminal: number;
}

/** Stops a batch: everything in it that has not ended is canceled. */
@Injectable()
export class StopBatch {
  constructor(
    private readonly database: Database,
    private readonly cancel: Cancel,
  ) {}

  /** @throws {NotFound} when the batch has no task. */
  async batch(batchId: string): Promise<StopDto> {
    const tasks = await this.database.run(tasksOfBatch, batchId);
    if (tasks.length === 0) throw new NotFound(`There is no task in batch ${batchId}`);
    const open = tasks.filter(({ ended }) => !ended).map(({ id }) => id);
    const { ended } = await this.cancel.all(open, 'Batch stopped');
    const canceled = ended.filter(({ batch_id, ending }) => batch_id === batchId && ending === 'canceled');
    const from = (state: string) => canceled.filter(({ was, was_paused }) => !was_paused && was === state).length;
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
}
