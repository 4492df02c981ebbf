import type { InvalidRequest } from '../domain/errors';
import { isObject } from '../domain/json';

/** A batch in one of the two forms that `POST /task` takes. */
type Batch = unknown[] | { metadata?: Record<string, unknown> | null };

/** Returns the fault of a batch whose metadata could not gain members, if it has any. */
export function shapeFault(batch: unknown): string | undefined {
  if (!Array.isArray(batch) && !isObject(batch)) return 'batch: must be an array of tasks, or an object with tasks';
  const { metadata } = batch as { metadata?: unknown };
  if (metadata === undefined || metadata === null || isObject(metadata)) return undefined;
  return 'batch.metadata: must be an object, as it gains schedule and due_at';
}

/** Returns the request that creates the batch of a due time: its metadata says where it comes from. */
export function scheduledBatch(batch: unknown, schedule: string, dueAt: Date): object {
  const sent = batch as Batch;
  const request = Array.isArray(sent) ? { tasks: sent } : sent;
  const metadata = 'metadata' in request ? request.metadata : {};
  return { ...request, metadata: { ...metadata, schedule, due_at: dueAt.toISOString() } };
}

/** Returns the faults of a batch as faults of the schedule that it belongs to. */
export const batchFaults = ({ details }: InvalidRequest): string[] =>
  details.map((detail) => (/^and (more than )?\d+ more$/.test(detail) ? detail : `batch.${detail}`));
