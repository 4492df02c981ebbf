import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from '../../src/app.module';
import { loadConfig } from '../../src/config/load';
import { Checks } from '../../src/health/checks';
import { ServiceAdapter } from '../../src/http/adapter';
import { statesOf, untilRunning } from '../support/graph';
import { Gate } from '../support/gate';
import { Receiver } from '../support/receiver';
import { recount } from '../support/recount';
import { after, Service, task, webhook } from '../support/service';

describe('What no other file is about:', () => {
  let service: Service;
  let receiver: Receiver;
  let START: string;
  beforeAll(async () => {
    receiver = await Receiver.start();
    START = receiver.url('/start');
    service = await Service.start();
  });
  afterAll(async () => {
    await service.stop();
    await receiver.close();
  });

  it('all that follows from an end is committed with it, or nothing is', async () => {
    const told = (path: string) => ({ on_success: [webhook(receiver.url(path))] });
    const { batch, first, second, third } = await service.create({
      tasks: [
        task('first', START, told('/good')),
        task('second', START, { ...after(['first']), ...told('/poison') }),
        task('third', START, { ...after(['first'], ['second']), on_failure: [webhook(receiver.url('/poison'))] }),
      ],
    });
    await untilRunning(service, first);
    await service.query(`ALTER TABLE outbox ADD CONSTRAINT no_poison CHECK (url NOT LIKE '%/poison')`);
    const before = await service.task(first);
    // The third task falls with the first one, and telling of it fails.
    expect((await service.fail(first)).status).toBe(500);
    expect(await statesOf(service, batch)).toEqual({ first: 'Running', second: 'Waiting', third: 'Waiting' });
    expect(await service.task(first)).toEqual(before);
    await recount(service);
    await service.query('ALTER TABLE outbox DROP CONSTRAINT no_poison');
    expect((await service.fail(first)).status).toBe(200);
    expect(await statesOf(service, batch)).toEqual({ first: 'Failure', second: 'Failure', third: 'Failure' });
    const [{ headers }] = await receiver.waitFor(1, '/poison');
    expect(headers['idempotency-key']).toBe(`${third}:end:failure`);
    expect((await service.task(second)).failure_reason).toContain(first);
  });

  describe('deduplication', () => {
    const matching = (...entries: [kind: string, status: string, fields: string[]][]) => ({
      dedupe_strategy: entries.map(([kind, status, fields]) => ({ kind, status, fields })),
    });
    const creating = async (tasks: object[]) => (await service.call('POST', '/task', tasks)).status;

    it('goes by any of several entries, and passes over those whose fields a task lacks', async () => {
      const { a } = await service.create([task('a', START, { kind: 'any', metadata: { p: 1 } })]);
      await untilRunning(service, a);
      const twin = (...entries: Parameters<typeof matching>) =>
        task('b', START, { kind: 'any', metadata: { p: 1 }, ...matching(...entries) });
      expect(await creating([twin(['other', 'Running', []], ['any', 'Running', ['p']])])).toBe(204);
      expect(await creating([twin(['any', 'Running', ['missing']], ['any', 'Running', ['p']])])).toBe(204);
      expect(await creating([twin(['any', 'Running', ['missing']], ['any', 'Failure', ['p']])])).toBe(201);
    });

    it('takes a task whose start call is in flight for a running one, not for a pending one', async () => {
      const gate = new Gate();
      receiver.reply('/slow', { after: gate.opened });
      await service.create([task('a', receiver.url('/slow'), { kind: 'claimed', metadata: { p: 1 } })]);
      await receiver.waitFor(1, '/slow');
      const twin = (status: string) =>
        task('b', START, { kind: 'claimed', metadata: { p: 1 }, ...matching(['claimed', status, ['p']]) });
      expect(await creating([twin('Running')])).toBe(204);
      expect(await creating([twin('Pending')])).toBe(201);
      gate.open();
    });
  });

  it('a process whose migrations are pending is not ready, and says so', async () => {
    const config = loadConfig({ DATABASE_URL: service.databaseUrl });
    const app = await NestFactory.create<NestFastifyApplication>(
      AppModule.forRoot(config),
      new ServiceAdapter(config.limits),
      {
        logger: false,
        abortOnError: false,
      },
    );
    expect(await app.get(Checks, { strict: false }).readinessFailures()).toContain('Migrations are pending');
  });
});
