import { Graph } from './graph.ts';
import { iso, type Time } from './time.ts';
import type { ScheduleRequest } from './types.ts';

/** A schedule to save: the fields of the API, with the batch as a graph if you like. */
export interface ScheduleSpec extends Omit<ScheduleRequest, 'batch' | 'starts_at' | 'ends_at'> {
  /** The batch that each due time creates. */
  batch: Graph<object> | ScheduleRequest['batch'];
  /** The earliest possible due time. */
  starts_at?: Time | null;
  /** The latest possible due time; must be after `starts_at`. */
  ends_at?: Time | null;
}

/** Returns the request that saves a schedule. */
export function scheduleRequest({ batch, starts_at, ends_at, ...rest }: ScheduleSpec): ScheduleRequest {
  return {
    ...rest,
    batch: batch instanceof Graph ? batch.toJSON() : batch,
    starts_at: starts_at && iso(starts_at),
    ends_at: ends_at && iso(ends_at),
  };
}
