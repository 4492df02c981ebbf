import { Database } from '../../src/database/database';
import { Worker } from '../../src/loops/worker';
import { StaleClaimsLoop } from '../../src/task/claiming/stale-claims.loop';
import { reportDiligently } from '../support/diligent';
import { ASLEEP, afterTest, createDatabase, startProxy, startReceiver, startService } from '../support/fixture';
import { Gate } from '../support/gate';
import { eventually } from '../support/poll';
import { execute, type TestDatabase } from '../support/postgres';
import type { Proxy } from '../support/proxy';
import type { Receiver } from '../support/receiver';
import { age } from '../support/rows';
import { after, provider, type Service, task, webhook } from '../support/service';

const THRESHOLD = 3;

describe('While the database is away', () => {
  let database: TestDatabase;
  let proxy: Proxy;
  let receiver: Receiver;
  beforeEach(async () => {
    database = await createDatabase();
    proxy = await startProxy(database.url);
    receiver = startReceiver();
  });

  const start = async (env: Record<string, string> = {}, by = proxy) => {
    const own = {
      POOL_ACQUIRE_RETRIES: '0',
      CIRCUIT_BREAKER_FAILURE_THRESHOLD: String(THRESHOLD),
      CIRCUIT_BREAKER_RECOVERY_TIMEOUT_SECS: '1',
    };
    const service = await startService({ ...own, ...env }, by.url);
    // To stop, the service needs its database.
    afterTest(() => by.restore());
    return service;
  };
  const keys = (path: string) => receiver.received(path).map(({ headers }) => headers['idempotency-key']);
  const isOpen = async (service: Service) => {
    // Loops query too, but less often than clients.
    await eventually(async () => {
      await service.call('GET', '/task');
      expect(provider(service, Database).breakerState).not.toBe('closed');
    });
  };
  const isBack = (service: Service) =>
    eventually(async () => expect(await service.call('GET', '/ready')).toMatchObject({ status: 200 }));
  const isRunning = (service: Service, id: string) =>
    eventually(async () => expect(await service.task(id)).toMatchObject({ status: 'Running' }));

  it.each([
    ['stopped', () => proxy.cut()],
    ['out of reach', () => Promise.resolve(proxy.disturb())],
  ])('(%s), requests get 503, probes report it, and the service recovers by itself', async (_, away) => {
    const service = await start();
    await away();
    const requests: [method: string, path: string, body?: object][] = [
      ['GET', '/task'],
      ['POST', '/task', [task('a', receiver.url('/start'))]],
      ['PATCH', '/task/0b0e1b6c-0000-7000-8000-000000000000', { status: 'Success' }],
      ['PUT', '/task/0b0e1b6c-0000-7000-8000-000000000000', { new_success: 1 }],
      ['DELETE', '/task/0b0e1b6c-0000-7000-8000-000000000000'],
      ['GET', '/dag/0b0e1b6c-0000-7000-8000-000000000000'],
    ];
    // Before the breaker opens, and after that.
    for (let round = 0; round < 2; round++)
      for (const request of requests) {
        const { status, headers, body } = await service.call<object>(...request);
        expect({ request, status, body }).toMatchObject({
          status: 503,
          body: { status: 503, title: 'Service Unavailable' },
        });
        expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
        expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
        expect(JSON.stringify(body)).not.toMatch(/127\.0\.0\.1|ECONN|SELECT|terminated/);
      }
    await isOpen(service);
    expect(await service.call('GET', '/health')).toMatchObject({
      status: 503,
      body: { status: 'degraded', database: 'unhealthy' },
    });
    expect(await service.call('GET', '/ready')).toMatchObject({ status: 503, body: { status: 'not_ready' } });
    expect(await service.call('GET', '/live')).toMatchObject({ status: 200 });

    await proxy.restore();
    await isBack(service);
    expect(provider(service, Database).breakerState).toBe('closed');
    expect((await service.call('GET', '/task')).body).toEqual([]);
    const { a } = await service.create([task('a', receiver.url('/start'))]);
    await isRunning(service, a);
  });

  it('a process starts, says what it waits for, and works once the database is back', async () => {
    await proxy.cut();
    const service = await start();
    expect(await service.call('GET', '/live')).toMatchObject({ status: 200 });
    expect(await service.call('GET', '/health')).toMatchObject({ status: 503, body: { status: 'degraded' } });
    expect(await service.call('GET', '/ready')).toMatchObject({
      status: 503,
      body: { status: 'not_ready', reason: expect.stringContaining('Migrations are pending') as string },
    });
    const refused = await service.call('POST', '/task', [task('a', receiver.url('/start'))]);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^[1-9]/)]);
    await proxy.restore();
    await isBack(service);
    const { a } = await service.create([task('a', receiver.url('/start'))]);
    await isRunning(service, a);
  });

  it('the breaker opens only at the threshold, and then lets no query through', async () => {
    const service = await start({ WORKER_ENABLED: '0' });
    const { breakerState } = provider(service, Database);
    expect(breakerState).toBe('closed');
    proxy.disturb();
    await eventually(() => expect(provider(service, Database).poolStats.total).toBe(0));
    // The heartbeat of this replica counts as a call too.
    for (let i = 0; i < THRESHOLD; i++) await service.call('GET', '/task');
    expect(provider(service, Database).breakerState).not.toBe('closed');
    const asked = jest.spyOn(provider(service, Database), 'poolStats', 'get');
    for (let i = 0; i < 20; i++) expect((await service.call('GET', '/task')).status).toBe(503);
    expect(asked).not.toHaveBeenCalled();
    asked.mockRestore();
  });

  it.each(['stopped', 'out of reach'])(
    'for a moment (%s), the service recovers long before the recovery timeout ends',
    async (how) => {
      const service = await start({ CIRCUIT_BREAKER_RECOVERY_TIMEOUT_SECS: '3600' });
      await (how === 'stopped' ? proxy.cut() : proxy.disturb());
      await isOpen(service);
      const { headers } = await service.call('GET', '/task');
      expect(Number(headers.get('retry-after'))).toBe(1);
      await proxy.restore();
      await isBack(service);
      const { a } = await service.create([task('a', receiver.url('/start'))]);
      await isRunning(service, a);
    },
  );

  it('no answer or report of a receiver is lost', async () => {
    const service = await start(ASLEEP);
    const [accepted, heard] = [new Gate(), new Gate()];
    receiver.reply('/start', { after: accepted.opened });
    receiver.reply('/told', { after: heard.opened });
    const ids = await service.create([
      task('starting', receiver.url('/start')),
      task('ended', receiver.url('/quick'), { on_success: [webhook(receiver.url('/told'))] }),
      task('working', receiver.url('/quick'), { on_success: [webhook(receiver.url('/later'))] }),
      task('next', receiver.url('/next'), after(['working'])),
    ]);
    for (const id of [ids.ended, ids.working]) await isRunning(service, id);
    await service.succeed(ids.ended);
    await Promise.all([receiver.waitFor(1, '/start'), receiver.waitFor(1, '/told')]);

    await proxy.cut();
    await isOpen(service);
    // Both answers arrive while they cannot be recorded.
    accepted.open();
    heard.open();
    const report = eventually(async () => expect((await service.succeed(ids.working)).status).toBe(200));
    expect((await service.succeed(ids.working)).status).toBe(503);
    await proxy.restore();
    await report;

    await isRunning(service, ids.starting);
    await isRunning(service, ids.next);
    await receiver.waitFor(1, '/later');
    await eventually(async () => expect(await service.query('SELECT FROM outbox')).toEqual([]));
    expect(keys('/start')).toEqual([`${ids.starting}:start`]);
    expect(keys('/told')).toEqual([`${ids.ended}:end:success`]);
    expect(keys('/later')).toEqual([`${ids.working}:end:success`]);
  });

  it('calls that need a context wait for it: no start is refused, no notification lost, no lost claim used', async () => {
    let cutsNext = false;
    const changeSent = (sent: Buffer) => {
      if (cutsNext && sent.includes('webhook-call-contexts')) {
        cutsNext = false;
        void own.cut();
      }
      return sent;
    };
    const own = await startProxy(database.url, { changeSent });
    const service = await start({}, own);
    const telling = (path: string) => ({ ...webhook(receiver.url(path)), context: true });
    const cutWhile = async (work: () => Promise<unknown>) => {
      cutsNext = true;
      await work();
      await isOpen(service);
    };
    const restored = () => own.restore().then(() => isBack(service));
    const create = (id: string) =>
      service.create([task(id, '', { on_start: telling(`/${id}`), on_success: [telling('/told')] })]);
    let ids: Record<string, string> = {};

    await cutWhile(async () => (ids = await create('a')));
    expect(receiver.received()).toEqual([]);
    await restored();
    await isRunning(service, ids.a);

    await cutWhile(async () => expect((await service.succeed(ids.a)).status).toBe(200));
    expect(keys('/told')).toEqual([]);
    await restored();
    await receiver.waitFor(1, '/told');

    await cutWhile(async () => (ids = await create('b')));
    await execute(database.url, 'UPDATE task SET claimed_by = gen_random_uuid() WHERE claimed_by IS NOT NULL');
    await execute(database.url, `UPDATE task SET claimed_at = now() - interval '1 hour' WHERE claimed_at IS NOT NULL`);
    await restored();
    await provider(service, StaleClaimsLoop).runOnce();
    await isRunning(service, ids.b);
    await service.stop();
    expect(['/a', '/told', '/b'].map((path) => keys(path).length)).toEqual([1, 1, 1]);
  });

  it('a graph is completed, however often that happens', async () => {
    // A claim whose answer was lost is found once it is stale.
    const service = await start({ WORKER_LOOP_INTERVAL_MS: '500', WORKER_CLAIM_TIMEOUT_SECS: '2' });
    const workers: Promise<void>[] = [];
    receiver.reply('/work', (call) => {
      workers.push(reportDiligently(call));
      return {};
    });
    const leaves = Array.from({ length: 60 }, (_, i) => `leaf${i}`);
    const { batch } = await service.create([
      task('root', receiver.url('/work')),
      ...leaves.map((id) => task(id, receiver.url('/work'), after(['root']))),
      task('sink', receiver.url('/work'), { ...after(leaves), on_success: [webhook(receiver.url('/done'))] }),
    ]);
    for (let times = 1; times <= 3; times++) {
      await receiver.waitFor(times, '/work');
      proxy.disturb();
      await eventually(() => expect(provider(service, Database).poolStats.idle).toBe(0));
      await proxy.restore();
    }
    await receiver.waitFor(1, '/done', 25_000);
    await Promise.all(workers);
    expect((await service.call('GET', `/batch/${batch}`)).body).toMatchObject({ status_counts: { success: 62 } });
    expect(keys('/work')).toHaveLength(62);
  });

  it('replicas do not presume each other dead', async () => {
    const another = await startProxy(database.url);
    const env = { ...ASLEEP, WORKER_CLAIM_TIMEOUT_SECS: '10' };
    const [caller, other] = [await start(env), await start({ ...env, WORKER_ENABLED: '0' }, another)];
    const gate = new Gate();
    receiver.reply('/start', { after: gate.opened });
    const direct = await startService({ WORKER_ENABLED: '0' }, database.url);
    const { a } = await caller.create([task('a', receiver.url('/start'))]);
    await receiver.waitFor(1, '/start');
    const [{ claimed_by }] = await direct.query<{ claimed_by: string }>('SELECT claimed_by FROM task');
    expect(claimed_by).toBe(provider(caller, Worker).id);

    for (const each of [proxy, another]) await each.cut();
    // Longer than a heartbeat is valid; the replica that makes no calls is back first.
    await direct.query(`UPDATE worker SET last_seen = now() - interval '1 hour'`);
    await age(direct, a, 3600);
    await another.restore();
    await eventually(async () =>
      expect(
        await direct.query(`SELECT FROM worker WHERE id = $1 AND last_seen > now() - interval '5 seconds'`, [
          provider(other, Worker).id,
        ]),
      ).toHaveLength(1),
    );
    expect(await provider(other, StaleClaimsLoop).runOnce()).toBe(0);

    await proxy.restore();
    gate.open();
    await isRunning(direct, a);
    expect(keys('/start')).toEqual([`${a}:start`]);
  });
});
