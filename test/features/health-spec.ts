import { Database } from '../../src/database/database';
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

  test('a service whose connections are all in use is not ready until one is free', async () => {
    const service = await Service.start({ POOL_MAX_SIZE: '1', WORKER_ENABLED: '0' });
    const database = provider(service, Database);
    const [taken, free] = [new Gate(), new Gate()];
    const held = database.transaction(async () => {
      taken.open();
      await free.opened;
    });
    await taken.opened;
    const waiting = service.call('GET', '/task');
    await eventually(() => expect(database.poolStats.waiting).toBeGreaterThan(0));
    expect(await service.call('GET', '/ready')).toMatchObject({
      status: 503,
      body: { status: 'not_ready', reason: 'The database connection pool is exhausted' },
    });
    free.open();
    await held;
    expect((await waiting).status).toBe(200);
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
