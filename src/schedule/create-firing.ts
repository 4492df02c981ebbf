import { Injectable } from '@nestjs/common';
import { StopBatch } from '../batch/stop-batch';
import { newId } from '../database/new-id';
import type { Tx } from '../database/statement';
import { Conflict, InvalidRequest } from '../domain/errors';
import { Metrics } from '../metrics/metrics';
import { type CreatedBatch, CreateInTransaction } from '../task/create/create-in-transaction';
import { ValidateRequest } from '../task/create/validate-request';
import type { CreateRequestDto } from '../task/dto/create-request.dto';
import { AfterCommit } from '../task/finish/after-commit';
import type { Finished } from '../task/finish/finish';
import { Tracing } from '../tracing/tracing';
import { batchFaults, scheduledBatch } from './scheduled-batch';
import type { FiringScheduleRow } from './sql/due';
import { type FiringRow, isUnfinished, recordFiring } from './sql/firing';

/** A firing, whose effects are published after the commit. */
export interface CreatedFiring {
  firing: FiringRow;
  created?: CreatedBatch;
  /** What ended because the previous batch was stopped. */
  stopped?: Finished;
}

const UNFINISHED = 'The previous batch has unfinished tasks';
const NOTHING = 'Nothing was created: the batch is empty, or all of its tasks are duplicates';

/** Fires schedules: creates a batch and the record of the firing in one transaction. */
@Injectable()
export class CreateFiring {
  constructor(
    private readonly validation: ValidateRequest,
    private readonly creation: CreateInTransaction,
    private readonly stopBatch: StopBatch,
    private readonly afterCommit: AfterCommit,
    private readonly metrics: Metrics,
    private readonly tracing: Tracing,
  ) {}

  /**
   * Fires a schedule that the caller has locked, as its `overlap` says.
   * @throws {Conflict} if the batch is no longer valid, or for a manual run that `overlap` does not allow.
   */
  async create(tx: Tx, schedule: FiringScheduleRow, dueAt: Date, manual: boolean): Promise<CreatedFiring> {
    const { name, overlap } = schedule;
    const unfinished = await this.unfinishedBatch(tx, schedule);
    if (unfinished && overlap === 'skip') {
      if (manual) throw new Conflict(UNFINISHED, { unfinished_batch_id: unfinished });
      const [firing] = await tx.run(recordFiring, name, dueAt, false, 'skipped', null, UNFINISHED);
      return { firing };
    }
    const batchId = newId();
    const request = this.requestOf(schedule, dueAt, batchId);
    const stopped = unfinished ? await this.stop(tx, unfinished, request) : undefined;
    const created = await this.creation.create(tx, request, { batchId, trace: this.tracing.here });
    const isStored = created.tasks.length > 0 || (request.on_batch_complete ?? []).length > 0;
    const [stored, reason] = isStored ? [batchId, null] : [null, NOTHING];
    const [firing] = await tx.run(recordFiring, name, dueAt, manual, 'fired', stored, reason);
    return { firing, created, stopped };
  }

  /** Publishes a firing after its commit. @param lagSecs how late it was; absent for a manual run. */
  publish({ firing, created, stopped }: CreatedFiring, lagSecs?: number): void {
    if (stopped) this.afterCommit.publish(stopped);
    if (created) this.creation.publish(created);
    this.metrics.schedules.fired(firing.status, lagSecs);
  }

  /** Returns the previous batch if it matters and has tasks that have not ended. */
  private async unfinishedBatch(tx: Tx, schedule: FiringScheduleRow): Promise<string | undefined> {
    const { overlap, last_batch_id: previous } = schedule;
    if (overlap === 'allow' || previous === null) return undefined;
    const [{ unfinished }] = await tx.run(isUnfinished, previous);
    return unfinished ? previous : undefined;
  }

  private requestOf({ name, batch }: FiringScheduleRow, dueAt: Date, batchId: string): CreateRequestDto {
    try {
      return this.validation.validate(scheduledBatch(batch, name, dueAt), batchId);
    } catch (error) {
      if (!(error instanceof InvalidRequest)) throw error;
      throw new Conflict('The batch of the schedule is no longer valid', {}, undefined, batchFaults(error));
    }
  }

  /** Stops the previous batch. The kinds of the next one are locked first: they come before tasks in the order of locks. */
  private async stop(tx: Tx, batchId: string, next: CreateRequestDto): Promise<Finished> {
    await this.creation.lockKinds(tx, next);
    return this.stopBatch.inTransaction(tx, batchId);
  }
}
