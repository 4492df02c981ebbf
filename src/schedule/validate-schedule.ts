import { Injectable } from '@nestjs/common';
import { newId } from '../database/new-id';
import { InvalidRequest } from '../domain/errors';
import { bounded } from '../http/faults';
import { timeOf } from '../http/is-time';
import { check } from '../http/validation';
import { ValidateRequest } from '../task/create/validate-request';
import { SaveScheduleDto } from './dto/save-schedule.dto';
import type { Timing } from './due-times';
import type { CatchUp, Overlap } from './options';
import { redactedValues } from './redacted-batch';
import { batchFaults, scheduledBatch, shapeFault } from './scheduled-batch';

/** A valid schedule with all defaults. */
export interface NewSchedule extends Timing {
  overlap: Overlap;
  catch_up: CatchUp;
  jitter_secs: number;
  paused: boolean;
  batch: unknown;
}

/** Validates schedules, with their batches. */
@Injectable()
export class ValidateSchedule {
  constructor(private readonly batches: ValidateRequest) {}

  /** @throws {InvalidRequest} with all faults. */
  validate(name: string, body: unknown): NewSchedule {
    const { value, faults } = check(SaveScheduleDto, body);
    const named = bounded(faults);
    if (named.length === 0) named.push(...orderFaults(value));
    named.push(...this.batchFaults(name, value.batch));
    if (named.length > 0) throw new InvalidRequest('The request is not valid', bounded(named));
    return {
      cron: value.cron,
      timezone: value.timezone ?? 'UTC',
      starts_at: instant(value.starts_at),
      ends_at: instant(value.ends_at),
      overlap: value.overlap ?? 'allow',
      catch_up: value.catch_up ?? 'one',
      jitter_secs: value.jitter_secs ?? 0,
      paused: value.paused ?? false,
      batch: value.batch,
    };
  }

  /** Returns the faults of a batch as it will be created, with the metadata that it gains. */
  private batchFaults(name: string, batch: unknown): string[] {
    const fault = shapeFault(batch);
    if (fault !== undefined) return [fault];
    try {
      return redactedValues(this.batches.validate(scheduledBatch(batch, name, new Date(0)), newId()));
    } catch (error) {
      if (!(error instanceof InvalidRequest)) throw error;
      return batchFaults(error);
    }
  }
}

const instant = (text: string | null | undefined): Date | null => (text ? timeOf(text) : null);

function orderFaults({ starts_at, ends_at }: SaveScheduleDto): string[] {
  const isOrdered = !starts_at || !ends_at || timeOf(starts_at) < timeOf(ends_at);
  return isOrdered ? [] : ['ends_at: must be after starts_at'];
}
