import { Database } from '../../src/database/database';
import { LONG_WAIT_MS } from '../../src/health/checks';
import { cloneDatabase } from '../support/postgres';
import { Gate } from '../support/gate';
import { eventually } from '../support/poll';
import { Proxy } from '../support/proxy';
import { provider, Service } from '../support/service';

describe('health', () => {
  test('a service that is well says so', async () => {
    const service = await Service.start({ POOL_MAX_SIZE: '4' });
    expect(await service.call('GET', '/live')).toMatchObject({ status: 200, body: { status: 'alive' } });
    // For a moment after the start, its loops may have all of so few connections.
    await eventually(async () => {
      expect(await service.call('GET', '/ready')).toMatchObject({ status: 200, body: { status: 'ready' } });
    });
    await eventually(() => expect(provider(service, Database).poolStats.waiting).toBe(0));
    const { status, body, headers } = await service.call<unknown>('GET', '/health');
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        status: 'ok',
        database: 'healthy',
        pool_size: expect.any(Number) as number,
        pool_idle: expect.any(Number) as number,
        pool_waiting: 0,
        breaker: 'closed',
      },
    });
    expect(headers.get('cache-control')).toContain('no-store');
    await service.stop();
  });

  test('from the first moment of a shutdown on, a service is alive but not ready', async () => {
    const service = await Service.start();
    service.app.getHttpAdapter().beforeClose?.();
    const { status, body, headers } = await service.call<unknown>('GET', '/ready');
    expect({ status, body }).toEqual({
      status: 503,
      body: { status: 'not_ready', reason: 'The service is shutting down' },
    });
    expect(headers.get('connection')).toBe('close');
    expect((await service.call('GET', '/live')).status).toBe(200);
    await service.stop();
  });

  test('a service is not ready while somebody waits for a connection for long, and is while that is a matter of a moment', async () => {
    const service = await Service.start({ POOL_MAX_SIZE: '1', POOL_TIMEOUT_SECS: '60', WORKER_ENABLED: '0' });
    const database = provider(service, Database);
    const [taken, free] = [new Gate(), new Gate()];
    const held = database.transaction(async () => {
      taken.open();
      await free.opened;
    });
    await taken.opened;
    const waiting = service.call('GET', '/task');
    await eventually(() => expect(database.poolStats.waiting).toBeGreaterThan(0));
    const seen = new Set<number>();
    await eventually(async () => {
      const before = database.longestWaitMs;
      const { status, body } = await service.call<unknown>('GET', '/ready');
      const after = database.longestWaitMs;
      if (before < LONG_WAIT_MS && after >= LONG_WAIT_MS) return; // It may have been either.
      seen.add(status);
      expect({ status, body }).toEqual(
        after < LONG_WAIT_MS
          ? { status: 200, body: { status: 'ready' } }
          : { status: 503, body: { status: 'not_ready', reason: 'The database connection pool is exhausted' } },
      );
      expect([...seen]).toEqual([200, 503]);
    });
    free.open();
    await held;
    expect((await waiting).status).toBe(200);
    expect(database.longestWaitMs).toBe(0);
    expect((await service.call('GET', '/ready')).status).toBe(200);
    await service.stop();
  });

  test('a service without its database is alive, and tells nothing of the inside', async () => {
    const database = await cloneDatabase();
    const proxy = await Proxy.start(database.url);
    const service = await Service.start(
      { POOL_ACQUIRE_RETRIES: '0', CIRCUIT_BREAKER_FAILURE_THRESHOLD: '1', WORKER_ENABLED: '0' },
      proxy.url,
    );
    await proxy.cut();
    await eventually(async () =>
      expect(await service.call('GET', '/health')).toMatchObject({
        status: 503,
        body: { status: 'degraded', database: 'unhealthy' },
      }),
    );
    await eventually(async () => {
      const { status, body } = await service.call<{ reason: string }>('GET', '/ready');
      expect(status).toBe(503);
      expect(body.reason).not.toMatch(/127\.0\.0\.1|ECONN/);
    });
    expect(await service.call('GET', '/task')).toMatchObject({ status: 503, body: { status: 503 } });
    await eventually(async () =>
      expect((await service.call('GET', '/health')).body).toMatchObject({ breaker: 'open' }),
    );
    expect((await service.call('GET', '/live')).status).toBe(200);
    await service.stop();
    await database.drop();
  });
});
