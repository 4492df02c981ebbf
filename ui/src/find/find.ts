import { get, isUnknown, Refusal } from '../api/client';
import type { Delivery, Task } from '../api/types';
import type { Address } from '../state/router';

/** An id, wherever it stands: alone, in an idempotency key, or in the URL of a handle. */
const ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;
const SCHEDULE = /^[A-Za-z0-9._-]{1,100}$/;

/**
 * Returns where a text leads: to the batch, task or delivery that has the id in it, to the schedule of that name, or else
 * to the batches that contain the text.
 * @throws {Refusal} if nothing has the id.
 */
export async function find(text: string): Promise<Address> {
  const id = ID.exec(text)?.[0];
  if (!id) {
    const isSchedule = SCHEDULE.test(text) && (await found(`/schedule/${encodeURIComponent(text)}`));
    return isSchedule ? { schedule: text } : { search: text };
  }
  const [task, batch, delivery] = await Promise.all([
    found<Task>(`/task/${id}`),
    found(`/batch/${id}`),
    found<Delivery>(`/webhook-deliveries/${id}`),
  ]);
  if (task) return { batch: task.batch_id, task: task.id };
  if (batch) return { batch: id };
  if (delivery) return { delivery: delivery.id };
  throw new Refusal(404, `No batch, task or delivery has the ID ${id}`);
}

/** Returns what a path leads to; undefined if the service has no such thing. */
async function found<T>(path: string): Promise<T | undefined> {
  try {
    return await get<T>(path, new AbortController().signal);
  } catch (error) {
    if (isUnknown(error)) return undefined;
    throw error;
  }
}
