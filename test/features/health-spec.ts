import { NestFactory } from '@nestjs/core';
import { AppModule } from '../../src/app.module';
import { loadConfig } from '../../src/config/load';
import { Database } from '../../src/database/database';
import { Checks, LONG_WAIT_MS } from '../../src/health/checks';
import { ServiceAdapter } from '../../src/http/adapter';
import { createDatabase, startBehindProxy, startService } from '../support/fixture';
import { Gate } from '../support/gate';
import { eventually } from '../support/poll';
import { provider } from '../support/service';

describe('The health endpoints', () => {
  test('report a healthy service', async () => {
    const service = await startService({ POOL_MAX_SIZE: '4' });
    expect(await service.call('GET', '/live')).toMatchObject({ status: 200, body: { status: 'alive' } });
    // Right after the start, the loops may use all four connections.
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
  });

  test('report alive but not ready as soon as a shutdown begins', async () => {
    const service = await startService();
    service.app.getHttpAdapter().beforeClose?.();
    const { status, body, headers } = await service.call<unknown>('GET', '/ready');
    expect({ status, body }).toEqual({
      status: 503,
      body: { status: 'not_ready', reason: 'The service is shutting down' },
    });
    expect(headers.get('connection')).toBe('close');
    expect((await service.call('GET', '/live')).status).toBe(200);
  });

  test('report not ready while migrations are pending', async () => {
    const config = loadConfig({ DATABASE_URL: (await createDatabase()).url });
    // Not initialized, so that it has not migrated.
    const app = await NestFactory.create(AppModule.forRoot(config), new ServiceAdapter(config.limits), {
      logger: false,
    });
    expect(await app.get(Checks, { strict: false }).readinessFailures()).toContain('Migrations are pending');
  });

  test('report not ready only when a caller has waited long for a connection', async () => {
    const service = await startService({ POOL_MAX_SIZE: '1', POOL_TIMEOUT_SECS: '60', WORKER_ENABLED: '0' });
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
      if (before < LONG_WAIT_MS && after >= LONG_WAIT_MS) return; // Both answers are right.
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
  });

  test('report alive without a database, and reveal no internals', async () => {
    const { service, proxy } = await startBehindProxy({
      POOL_ACQUIRE_RETRIES: '0',
      CIRCUIT_BREAKER_FAILURE_THRESHOLD: '1',
      WORKER_ENABLED: '0',
    });
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
  });
});
