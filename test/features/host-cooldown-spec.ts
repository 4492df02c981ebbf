import { Gate } from '../support/gate';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { Receiver, type Reply } from '../support/receiver';
import { Service, task, webhook } from '../support/service';

interface Delivery {
  task_id: string;
  trigger: string;
  status: string;
  attempts: number;
  last_status: number | null;
  last_error: string | null;
  next_attempt_at: string | null;
}

describe('A host that asks for a pause by Retry-After', () => {
  let service: Service;
  let well: Receiver;
  let busy: Receiver;
  beforeAll(async () => {
    well = await Receiver.start();
    service = await Service.start({
      WEBHOOK_DELIVERY_INTERVAL_MS: '50',
      WEBHOOK_RETRY_BACKOFF_BASE_SECS: '0',
      WEBHOOK_MAX_ATTEMPTS: '1000',
    });
  });
  beforeEach(async () => void (busy = await Receiver.start()));
  afterEach(() => busy.close());
  afterAll(async () => {
    await service.stop();
    await well.close();
  });

  /** Ends a task that has notifications to these URLs; answers how to look at these. */
  async function notify(...urls: string[]): Promise<() => Promise<Delivery[]>> {
    const on_success = urls.map((url) => webhook(url));
    const { a } = await service.create([task('a', well.url('/start'), { on_success })]);
    await untilRunning(service, a);
    expect((await service.succeed(a)).status).toBe(200);
    return async () => {
      const { body } = await service.call<Delivery[]>('GET', `/webhook-deliveries?task_id=${a}`);
      return body.filter(({ trigger }) => trigger === 'end');
    };
  }
  const are = (deliveries: () => Promise<Delivery[]>, expected: Partial<Delivery>) =>
    eventually(async () => {
      const all = await deliveries();
      expect(all).toEqual(all.map(() => expect.objectContaining(expected) as object));
      return all;
    });
  const secondsUntil = ({ next_attempt_at }: Delivery) => (Date.parse(next_attempt_at!) - Date.now()) / 1000;

  it('gets nothing for a minute at most, while the delivery that was refused waits as long as it was told', async () => {
    busy.reply('/busy', { status: 429, headers: { 'retry-after': '3600' } });
    const [own] = await are(await notify(busy.url('/busy')), { status: 'pending', attempts: 1, last_status: 429 });
    expect(own.last_error).toBe('Webhook answered 429 with Retry-After: 3600 s');
    expect(secondsUntil(own)).toBeGreaterThan(3000);
    const [first, second] = await are(await notify(busy.url('/told'), busy.url('/told')), {
      status: 'pending',
      attempts: 0,
      last_error: `Waits for its host: ${own.last_error}`,
    });
    expect(second.next_attempt_at).toBe(first.next_attempt_at);
    expect(secondsUntil(first)).toBeLessThanOrEqual(60);
    expect(busy.received('/told')).toEqual([]);
    const reasons = (await service.call('GET', `/task/${first.task_id}/why`)).body.reasons;
    const waits = {
      type: 'notification',
      text: expect.stringContaining(`${first.next_attempt_at}: ${first.last_error}`),
    };
    expect(reasons).toMatchObject([{ type: 'ended' }, waits, waits]);
  });

  it('says why its deliveries wait through every replica, also one that calls nobody', async () => {
    busy.reply('/busy', { status: 503, headers: { 'retry-after': '100' } });
    await are(await notify(busy.url('/busy')), { attempts: 1, last_status: 503 });
    const [{ task_id, last_error }] = await are(await notify(busy.url('/told')), {
      last_error: 'Waits for its host: Webhook answered 503 with Retry-After: 100 s',
    });
    const replica = await service.replica({ WORKER_ENABLED: '0' });
    const { body } = await replica.call('GET', `/webhook-deliveries?task_id=${task_id}&status=pending`);
    await replica.stop();
    expect(body).toMatchObject([{ last_error }]);
  });

  it.each<[what: string, answer: Reply, others: Partial<Delivery>]>([
    ['gets everything if that is answered well', {}, { status: 'success', attempts: 1 }],
    ['gets everything if that fails for a reason of its own', { status: 500 }, { status: 'pending', last_status: 500 }],
    [
      'is left alone again if that is its answer',
      { status: 503, headers: { 'retry-after': '100' } },
      { attempts: 0, last_error: 'Waits for its host: Webhook answered 503 with Retry-After: 100 s' },
    ],
  ])('is probed by one call afterwards, and %s', async (_title, answer, others) => {
    const gate = new Gate();
    busy.reply('/busy', { status: 429, headers: { 'retry-after': '1' } }, 'silence');
    await are(await notify(busy.url('/busy')), { attempts: 1, last_status: 429 });
    // The one that was told to wait is not to be the probe.
    await service.query(`UPDATE outbox SET next_attempt_at = now() + interval '1 hour'`);
    busy.reply('/told', async () => (await gate.opened, answer));
    const all = await notify(...Array<string>(9).fill(busy.url('/told')));
    await busy.waitFor(1, '/told');
    // Neither what is looked for nor what is queued just now is sent meanwhile.
    await notify(busy.url('/told'));
    for (let i = 0; i < 3; i++) await are(await notify(well.url('/told')), { status: 'success' });
    expect(busy.received('/told')).toHaveLength(1);
    gate.open();
    await eventually(async () => {
      const hits = (await all()).filter((each) =>
        Object.entries(others).every(([k, v]) => each[k as keyof Delivery] === v),
      );
      expect(hits.length).toBeGreaterThanOrEqual(8);
    });
    if (others.attempts === 0) expect(busy.received('/told')).toHaveLength(1);
  });
});
