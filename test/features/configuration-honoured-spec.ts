import { StaleClaimsLoop } from '../../src/task/claiming/stale-claims.loop';
import { Database } from '../../src/database/database';
import { deliveriesOf } from '../support/deliveries';
import { ASLEEP, startBehindProxy, startService, useReceiver } from '../support/fixture';
import { Gate } from '../support/gate';
import { allDelivered, untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import type { Call } from '../support/receiver';
import { recount } from '../support/recount';
import { ageBatch, claim } from '../support/rows';
import { after, provider, Service, task, webhook } from '../support/service';

describe('The configuration variable', () => {
  const receiver = useReceiver();
  const START = receiver.url('/start');

  let paths = 0;
  const path = () => `/${++paths}`;
  const to = (...names: string[]) => names.map((name) => webhook(receiver.url(name)));
  const many = (count: number, url: string, rest: object = {}) =>
    Array.from({ length: count }, (_, n) => task(`t${n}`, url, rest));
  const keys = (name: string) => receiver.received(name).map(({ headers }) => headers['idempotency-key']);
  /** Reports success before it answers the start call, as a fast receiver may. */
  const finish = async ({ query }: Call) => {
    const headers = { 'content-type': 'application/json' };
    await fetch(query.get('handle')!, { method: 'PATCH', headers, body: '{"status":"Success"}' });
    return {};
  };
  const statusesOf = async (service: Service, batch: string) => {
    const { body } = await service.call<{ status_counts: Record<string, number> }>('GET', `/batch/${batch}`);
    return Object.fromEntries(Object.entries(body.status_counts).filter(([, n]) => n > 0));
  };
  const becomes = (service: Service, batch: string, statuses: Record<string, number>) =>
    eventually(async () => expect(await statusesOf(service, batch)).toEqual(statuses));

  test('HOST_URL begins the handles of every call', async () => {
    const api = await startService({ WORKER_ENABLED: '0' });
    await startService({ HOST_URL: 'https://hooks.example.org/line/' }, api.databaseUrl);
    const [name, notified] = [path(), path()];
    const { a } = await api.create([task('a', receiver.url(name), { on_success: to(notified) })]);
    await untilRunning(api, a);
    await api.succeed(a);
    const calls = [...(await receiver.waitFor(1, name)), ...(await receiver.waitFor(1, notified))];
    const handle = `https://hooks.example.org/line/task/${a}`;
    expect(calls.map(({ query }) => query.get('handle'))).toEqual([handle, handle]);
  });

  test('WORKER_ENABLED=0 serves the API and does nothing else', async () => {
    const api = await startService({
      WORKER_ENABLED: '0',
      WORKER_LOOP_INTERVAL_MS: '10',
      WEBHOOK_DELIVERY_INTERVAL_MS: '10',
    });
    const [name, notified] = [path(), path()];
    const { a, batch } = await api.create([task('a', receiver.url(name), { timeout: 1, on_failure: to(notified) })]);
    // Tasks that each loop would act on.
    const { b, c } = await api.create([
      task('b', START, { timeout: 1 }),
      task('c', START, { on_failure: to(notified) }),
    ]);
    for (const id of [b, c]) await claim(api, id);
    await api.query(`UPDATE task SET status = 'Running', deadline = now() - interval '1 hour' WHERE id = $1`, [b]);
    await api.fail(c);
    await api.call('PUT', `/task/${a}`, { new_success: 1 });
    // These calls take many times the intervals of the loops.
    for (let n = 0; n < 100; n++) await api.task(a);
    expect(await statusesOf(api, batch)).toEqual({ pending: 1 });
    expect([await api.task(b), await api.task(c)]).toMatchObject([{ status: 'Running' }, { status: 'Failure' }]);
    expect([keys(name), keys(notified)]).toEqual([[], []]);
    await startService({}, api.databaseUrl);
    await untilRunning(api, a);
    await receiver.waitFor(1, notified);
    await eventually(async () => expect(await api.task(b)).toMatchObject({ failure_reason: 'Timeout' }));
  });

  test('WORKER_LOOP_INTERVAL_MS may be an hour: wake-ups alone run a chain to its end', async () => {
    const service = await startService(ASLEEP);
    const [name, notified] = [path(), path()];
    receiver.reply(name, finish);
    const chain = Array.from({ length: 10 }, (_, n) =>
      task(`t${n}`, receiver.url(name), { ...(n > 0 ? after([`t${n - 1}`]) : {}), on_success: to(notified) }),
    );
    const { batch } = await service.create(chain);
    await becomes(service, batch, { success: 10 });
    await receiver.waitFor(10, notified);
  });

  test('WORKER_WEBHOOK_CONCURRENCY=1 makes one call at a time, so that one that hangs delays the others', async () => {
    const service = await startService({ ...ASLEEP, WORKER_WEBHOOK_CONCURRENCY: '1' });
    const [name, gate] = [path(), new Gate()];
    let [now, most] = [0, 0];
    receiver.reply(name, async () => {
      most = Math.max(most, ++now);
      await gate.opened;
      now--;
      return {};
    });
    const { batch } = await service.create(many(8, receiver.url(name)));
    await receiver.waitFor(1, name);
    expect(await statusesOf(service, batch)).toEqual({ claimed: 1, pending: 7 });
    gate.open();
    await becomes(service, batch, { running: 8 });
    expect(most).toBe(1);
  });

  test('WORKER_START_BATCH_SIZE=2 starts every task', async () => {
    const service = await startService({ ...ASLEEP, WORKER_START_BATCH_SIZE: '2' });
    const { batch } = await service.create(many(25, START));
    await becomes(service, batch, { running: 25 });
  });

  test('WORKER_CLAIM_TIMEOUT_SECS decides when the claim of a lost worker is stale', async () => {
    const slow = await startService({ WORKER_ENABLED: '0', WORKER_CLAIM_TIMEOUT_SECS: '100' });
    const { a } = await slow.create([task('a', START)]);
    await claim(slow, a, { secsAgo: 95 });
    expect(await provider(slow, StaleClaimsLoop).runOnce()).toBe(0);
    const quick = await startService({ WORKER_ENABLED: '0', WORKER_CLAIM_TIMEOUT_SECS: '90' }, slow.databaseUrl);
    expect(await provider(quick, StaleClaimsLoop).runOnce()).toBe(1);
    await claim(slow, a, { secsAgo: 101 });
    expect(await provider(slow, StaleClaimsLoop).runOnce()).toBe(1);
    expect((await slow.task(a)).status).toBe('Pending');
  });

  test('BATCH_FLUSH_INTERVAL_MS lets increments gather into one write', async () => {
    const service = await startService({ WORKER_ENABLED: '0', BATCH_FLUSH_INTERVAL_MS: '1000' });
    const { batch, ...ids } = await service.create(many(11, START));
    const [first, ...others] = Object.values(ids);
    const put = async (id: string) =>
      expect((await service.call('PUT', `/task/${id}`, { new_success: 1 })).status).toBe(202);
    await put(first);
    // The interval has begun: what comes now is written after it.
    await Promise.all(others.map(put));
    const rows = await service.query('SELECT DISTINCT last_updated FROM task WHERE batch_id = $1', [batch]);
    expect(rows).toHaveLength(2);
  });

  test('WEBHOOK_DELIVERY_BATCH_SIZE=1 delivers every notification', async () => {
    const service = await startService({ ...ASLEEP, WEBHOOK_DELIVERY_BATCH_SIZE: '1' });
    const [name, notified] = [path(), path()];
    receiver.reply(name, finish);
    await service.create(many(15, receiver.url(name), { on_success: to(notified) }));
    await receiver.waitFor(15, notified);
  });

  test('WEBHOOK_DELIVERY_LEASE_SECS is how long a lease lasts', async () => {
    const service = await startService({ WEBHOOK_DELIVERY_LEASE_SECS: '77' });
    const [name, gate] = [path(), new Gate()];
    receiver.reply(name, { after: gate.opened });
    const { a } = await service.create([task('a', START, { on_success: to(name) })]);
    await untilRunning(service, a);
    await service.succeed(a);
    await receiver.waitFor(1, name);
    expect(
      await service.query('SELECT extract(epoch FROM next_attempt_at - updated_at)::int AS lease FROM outbox'),
    ).toEqual([{ lease: 77 }]);
    gate.open();
  });

  test('WEBHOOK_RETRY_BACKOFF_*, WEBHOOK_DELIVERY_INTERVAL_MS or WEBHOOK_MAX_ATTEMPTS controls when retries come and end', async () => {
    const service = await startService({
      WEBHOOK_RETRY_BACKOFF_BASE_SECS: '1',
      WEBHOOK_RETRY_BACKOFF_CAP_SECS: '1',
      WEBHOOK_DELIVERY_INTERVAL_MS: '20',
      WEBHOOK_MAX_ATTEMPTS: '3',
    });
    const [good, bad] = [path(), path()];
    receiver.reply(good, { status: 500 }, {}).reply(bad, { status: 500 });
    const { a } = await service.create([task('a', START, { on_success: to(good, bad) })]);
    await untilRunning(service, a);
    await service.succeed(a);
    await allDelivered(service);
    expect([keys(good).length, keys(bad).length]).toEqual([2, 3]);
    expect(await deliveriesOf(service, a, 'exhausted')).toMatchObject([
      { idempotency_key: `${a}:end:success:1`, attempts: 3 },
    ]);
  });

  test('RETENTION_CLEANUP_INTERVAL_SECS lets cleanups repeat by themselves', async () => {
    const env = { RETENTION_ENABLED: '1', RETENTION_DAYS: '1', RETENTION_CLEANUP_INTERVAL_SECS: '1' };
    const service = await startService(env);
    for (let round = 0; round < 2; round++) {
      const { a, batch } = await service.create([task('a', START)]);
      await untilRunning(service, a);
      await service.succeed(a);
      await ageBatch(service, batch, 2 * 24 * 3600);
      await eventually(async () => expect((await service.call('GET', `/dag/${batch}`)).status).toBe(404));
    }
  });

  test('POOL_MAX_SIZE=1 is enough for many concurrent requests of every kind', async () => {
    const service = await startService({ ...ASLEEP, POOL_MAX_SIZE: '1' });
    const [name, notified, complete] = [path(), path(), path()];
    receiver.reply(name, async (call) => (call.headers['x-wait'] ? { body: to(notified) } : finish(call)));
    const rules = [
      { type: 'Concurrency', max_concurrency: 2, matcher: { kind: 'ruled', status: 'Running', fields: ['p'] } },
      { type: 'Capacity', max_capacity: 50, matcher: { kind: 'ruled', status: 'Running', fields: [] } },
    ];
    const ruled = { kind: 'ruled', metadata: { p: 1 }, expected_count: 5 };
    const dedupe_strategy = [{ kind: 'test', status: 'Pending', fields: ['unique'] }];
    const wait = { on_start: webhook(receiver.url(name), { headers: { 'x-wait': '1' } }) };
    const batches = await Promise.all(
      Array.from({ length: 10 }, () => {
        const request = {
          tasks: [
            task('a', receiver.url(name), { on_success: to(notified), metadata: { unique: 1 }, dedupe_strategy }),
            task('b', receiver.url(name), { ...after(['a']), ...ruled, rules }),
            task('c', receiver.url(name), { ...after(['a'], ['b']), ...wait }),
          ],
          on_batch_complete: to(complete),
        };
        return service.call<{ id: string; name: string; batch_id: string }[]>('POST', '/task', request);
      }),
    );
    const tasks = batches.flatMap(({ body }) => body);
    const last = tasks.filter((each) => each.name === 'Task c').map(({ id }) => id);
    await untilRunning(service, ...last);
    const answers = await Promise.all(
      last.flatMap((id) => [
        service.call('PUT', `/task/${id}`, { new_success: 1 }),
        service.report(id, { metadata: { n: 1 } }),
        service.call('PATCH', `/task/pause/${id}`),
        service.call('GET', '/batches?search=c'),
        service.call('GET', '/webhook-deliveries'),
        service.call('GET', '/health'),
      ]),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 202]));
    await Promise.all(tasks.map(({ batch_id }) => service.call('DELETE', `/batch/${batch_id}`)));
    await receiver.waitFor(10, complete);
    await allDelivered(service);
    await recount(service);
    expect(provider(service, Database).poolStats.total).toBe(1);
  });

  test('CIRCUIT_BREAKER_ENABLED=0 has every request try the database', async () => {
    const { service, proxy } = await startBehindProxy({
      WORKER_ENABLED: '0',
      POOL_ACQUIRE_RETRIES: '0',
      CIRCUIT_BREAKER_RECOVERY_TIMEOUT_SECS: '3600',
      CIRCUIT_BREAKER_ENABLED: '0',
    });
    await proxy.cut();
    for (let n = 0; n < 20; n++) {
      const { status, headers } = await service.call('GET', '/task');
      expect([status, headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^[1-9]\d*$/)]);
    }
    expect((await service.call('GET', '/health')).body).toMatchObject({ database: 'unhealthy', breaker: 'closed' });
    await proxy.restore();
    await eventually(async () => expect((await service.call('GET', '/task')).status).toBe(200));
  });
});
