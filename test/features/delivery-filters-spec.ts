import type { Delivery } from '../support/deliveries';
import { startReceiver, useReceiver, useService } from '../support/fixture';
import { Gate } from '../support/gate';
import { allDelivered, untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { task, webhook } from '../support/service';

const NOBODY = '00000000-0000-4000-8000-000000000000';

describe('The list of deliveries', () => {
  const service = useService();
  const receiver = useReceiver();
  const START = receiver.url('/start');
  const list = (query: Record<string, string>) =>
    service.call<Delivery[]>('GET', `/webhook-deliveries?${new URLSearchParams({ page_size: '100', ...query })}`);

  it('is filtered by batch, host, trigger and time, also together', async () => {
    const other = startReceiver();
    other.reply('/told', { status: 410 });
    const request = {
      tasks: ['a', 'b'].map((name) => task(name, START, { on_success: [webhook(other.url('/told'))] })),
      on_batch_complete: [webhook(receiver.url('/complete'))],
    };
    const { a, b, batch } = await service.create(request);
    await untilRunning(service, a, b);
    await service.succeed(a);
    await service.succeed(b);
    await allDelivered(service);
    const found = async (query: Record<string, string>) =>
      (await list(query)).body.map(({ idempotency_key }) => idempotency_key).sort();
    const [starts, ends] = [[a, b].map((id) => `${id}:start`), [a, b].map((id) => `${id}:end:success`)];
    const completion = `batch:${batch}:complete`;
    expect(await found({ batch_id: batch })).toEqual([...starts, ...ends, completion].sort());
    expect(await found({ batch_id: batch, status: 'success' })).toEqual([...starts, completion].sort());
    expect(await found({ batch_id: batch, status: 'exhausted' })).toEqual(ends.sort());
    expect(await found({ batch_id: batch, task_id: a })).toEqual([`${a}:end:success`, `${a}:start`]);
    expect(await found({ batch_id: batch, status: 'pending' })).toEqual([]);
    const unordered = { batch_id: batch, status: 'exhausted,pending,SUCCESS' };
    expect(await found(unordered)).toEqual([...starts, completion, ...ends].sort());
    expect(await found({ batch_id: NOBODY })).toEqual([]);
    const { host, hostname } = new URL(other.url('/'));
    expect(await found({ host })).toEqual(ends.sort());
    expect(await found({ host: host.toUpperCase(), trigger: 'end', status: 'exhausted' })).toEqual(ends.sort());
    expect(await found({ host: hostname, batch_id: batch, trigger: 'batch_complete' })).toEqual([completion]);
    expect(await found({ host: hostname.slice(1) })).toEqual([]);
    expect(await found({ host, trigger: 'cancel' })).toEqual([]);
    expect(await found({ batch_id: batch, trigger: 'start' })).toEqual(starts.sort());
    const [{ updated_at }] = (await list({ task_id: a, trigger: 'end' })).body;
    const at = { task_id: a, trigger: 'end', updated_after: updated_at, updated_before: updated_at };
    expect(await found(at)).toEqual([`${a}:end:success`]);
    expect(await found({ ...at, updated_after: '2999-01-01' })).toEqual([]);
    expect(await found({ ...at, updated_before: '2001-01-01' })).toEqual([]);
  });

  it('is filtered by host while calls are pending', async () => {
    const slow = startReceiver();
    const gate = new Gate();
    for (const name of ['/start', '/told']) slow.reply(name, { after: gate.opened });
    const { a, b } = await service.create([
      task('a', slow.url('/start')),
      task('b', START, { on_success: [webhook(slow.url('/told'))] }),
    ]);
    await untilRunning(service, b);
    await service.succeed(b);
    const { host } = new URL(slow.url('/'));
    await eventually(async () => {
      const { body } = await list({ host, status: 'pending' });
      expect(body.map(({ idempotency_key }) => idempotency_key).sort()).toEqual(
        [`${a}:start`, `${b}:end:success`].sort(),
      );
    });
    gate.open();
    await allDelivered(service);
  });

  it('is filtered by host in other spellings', async () => {
    const { a, batch } = await service.create([task('a', START)]);
    await untilRunning(service, a);
    const key = (name: string) => `${a}:${name}`;
    const queued = ['https://u:p@Shop.test:443?a=b', 'http://m\u00fcller.test:80/@x', 'http://[::1]:81#a'];
    for (const [position, url] of queued.entries()) {
      const { host } = new URL(url);
      await service.query(
        `INSERT INTO outbox (key, id, task_id, batch_id, attempt, notice, position, awaiting_start, next_attempt_at, url, host)
         VALUES ($1, gen_random_uuid(), $2, $3, 1, 'end:success', 0, false, now() + interval '1 hour', $4, $5)`,
        [key(`q${position}`), a, batch, url, host],
      );
      await service.query(
        `INSERT INTO delivery (id, task_id, batch_id, attempt, trigger, key, position, url, status, attempts, created_at)
         VALUES (gen_random_uuid(), $1, $2, 1, 'end', $3, 0, $4, 'exhausted', 3, now())`,
        [a, batch, key(`v${position}`), url],
      );
    }
    for (const [position, ...hosts] of [
      [0, 'shop.test', 'SHOP.test'],
      [1, 'm\u00fcller.test', 'M\u00dcLLER.test'],
      [2, '[::1]:81', '[::1]'],
    ] as const) {
      for (const host of hosts) {
        const { body } = await list({ host });
        const keys = body.map(({ idempotency_key }) => idempotency_key).sort();
        expect(keys).toEqual([key(`q${position}`), key(`v${position}`)]);
      }
    }
    await service.query('DELETE FROM outbox WHERE task_id = $1', [a]);
  });

  it.each([
    ['batch_id', '17'],
    ['trigger', 'progress'],
    ['host', ''],
    ['host', 'a b'],
    ['host', "h' OR 1=1"],
    ['updated_after', 'today'],
    ['updated_before', '2026-02-30'],
  ])('refuses to filter by %s=%j with 400', async (field, value) => {
    const details = [expect.stringMatching(new RegExp(`^${field}: `)) as string];
    expect(await list({ [field]: value })).toMatchObject({ status: 400, body: { details } });
  });
});
