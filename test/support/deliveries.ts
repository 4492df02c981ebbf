import { untilRunning } from './graph';
import { eventually } from './poll';
import { type Service, task, webhook } from './service';

/** An entry of `GET /webhook-deliveries`, as far as tests read it. */
export interface Delivery {
  id: string;
  task_id: string;
  batch_id: string;
  trigger: string;
  idempotency_key: string;
  status: string;
  attempts: number;
  last_status: number | null;
  last_error: string | null;
  next_attempt_at: string | null;
  updated_at: string;
}

/** The answer of `GET /webhook-deliveries/{id}`. */
export interface DeliveryDetail extends Delivery {
  url: string;
  host: string | null;
  request: { verb: string; url: string; headers: Record<string, string>; body: unknown } | null;
  last_duration_ms: number | null;
  last_answer: string | null;
  attempt_log: object[];
  waits_for: { type: string; until: string | null; text: string } | null;
}

/** Returns the deliveries of a task, or those with this status, the latest first. */
export const deliveriesOf = async (service: Service, taskId: string, status?: string): Promise<Delivery[]> =>
  (await service.call<Delivery[]>('GET', `/webhook-deliveries?task_id=${taskId}${status ? `&status=${status}` : ''}`))
    .body;

/** Ends a task with notifications to these URLs, 19 at most; returns a function that lists their deliveries. */
export async function notify(
  service: Service,
  startUrl: string,
  ...urls: string[]
): Promise<() => Promise<Delivery[]>> {
  const { a } = await service.create([task('a', startUrl, { on_success: urls.map((url) => webhook(url)) })]);
  await untilRunning(service, a);
  expect((await service.succeed(a)).status).toBe(200);
  return async () => (await deliveriesOf(service, a)).filter(({ trigger }) => trigger === 'end');
}

/** Waits until there are deliveries and all of them are as expected, and returns them. */
export const untilDeliveries = (deliveries: () => Promise<Delivery[]>, expected: Partial<Delivery>) =>
  eventually(async () => {
    const all = await deliveries();
    expect(all).not.toEqual([]);
    expect(all).toEqual(all.map(() => expect.objectContaining(expected) as object));
    return all;
  });
