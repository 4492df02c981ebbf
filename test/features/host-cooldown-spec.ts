import { type Delivery, deliveriesOf, notify as notifyOf, untilDeliveries } from '../support/deliveries';
import { startReceiver, startReplica, useReceiver, useService } from '../support/fixture';
import { Gate } from '../support/gate';
import { eventually } from '../support/poll';
import type { Receiver, Reply } from '../support/receiver';
import { makeDue } from '../support/rows';

describe('A host that answers with Retry-After', () => {
  const service = useService({
    WEBHOOK_DELIVERY_INTERVAL_MS: '50',
    WEBHOOK_RETRY_BACKOFF_BASE_SECS: '0',
    WEBHOOK_MAX_ATTEMPTS: '1000',
  });
  const well = useReceiver();
  let busy: Receiver;
  beforeEach(() => void (busy = startReceiver()));

  const notify = (...urls: string[]) => notifyOf(service, well.url('/start'), ...urls);
  const secondsUntil = ({ next_attempt_at }: Delivery) => (Date.parse(next_attempt_at!) - Date.now()) / 1000;

  it('gets no other call for at most a minute, while the refused delivery waits as long as asked', async () => {
    busy.reply('/busy', { status: 429, headers: { 'retry-after': '3600' } });
    const [own] = await untilDeliveries(await notify(busy.url('/busy')), {
      status: 'pending',
      attempts: 1,
      last_status: 429,
    });
    expect(own.last_error).toBe('Webhook answered 429 with Retry-After: 3600 s');
    expect(secondsUntil(own)).toBeGreaterThan(3000);
    const [first, second] = await untilDeliveries(await notify(busy.url('/told'), busy.url('/told')), {
      status: 'pending',
      attempts: 0,
      last_error: `Host cooldown: ${own.last_error}`,
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

  it('has waiting deliveries that every replica can explain, even one that makes no calls', async () => {
    busy.reply('/busy', { status: 503, headers: { 'retry-after': '100' } });
    await untilDeliveries(await notify(busy.url('/busy')), { attempts: 1, last_status: 503 });
    const [{ task_id, last_error }] = await untilDeliveries(await notify(busy.url('/told')), {
      last_error: 'Host cooldown: Webhook answered 503 with Retry-After: 100 s',
    });
    const replica = await startReplica(service, { WORKER_ENABLED: '0' });
    expect(await deliveriesOf(replica, task_id, 'pending')).toMatchObject([{ last_error }]);
  });

  it.each<[what: string, answer: Reply, others: Partial<Delivery>]>([
    ['gets everything if that is answered well', {}, { status: 'success', attempts: 1 }],
    ['gets everything if that fails for a reason of its own', { status: 500 }, { status: 'pending', last_status: 500 }],
    [
      'is left alone again if that is its answer',
      { status: 503, headers: { 'retry-after': '100' } },
      { attempts: 0, last_error: 'Host cooldown: Webhook answered 503 with Retry-After: 100 s' },
    ],
  ])('is probed by one call after the cooldown, and %s', async (_title, answer, others) => {
    const gate = new Gate();
    busy.reply('/busy', { status: 429, headers: { 'retry-after': '1' } }, 'silence');
    await untilDeliveries(await notify(busy.url('/busy')), { attempts: 1, last_status: 429 });
    // The refused delivery must not be the probe.
    await makeDue(service, { inSecs: 3600 });
    busy.reply('/told', async () => (await gate.opened, answer));
    const all = await notify(...Array<string>(9).fill(busy.url('/told')));
    await busy.waitFor(1, '/told');
    // Neither waiting nor newly queued deliveries are sent meanwhile.
    await notify(busy.url('/told'));
    for (let i = 0; i < 3; i++) await untilDeliveries(await notify(well.url('/told')), { status: 'success' });
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
