import { Database } from '../../src/database/database';
import { lock, statement, type Tx } from '../../src/database/statement';
import { DatabaseUnavailable } from '../../src/domain/errors';
import { Gate } from '../support/gate';
import { eventually } from '../support/poll';
import { cloneDatabase, type TestDatabase } from '../support/postgres';
import { Proxy } from '../support/proxy';
import { Receiver } from '../support/receiver';
import { after, idsOf, provider, Service, task, webhook } from '../support/service';

const add = statement<[id: number]>('test-add', 'UPDATE account SET n = n + 1 WHERE id = $1');
const read = statement<[], { n: number }>('test-read', 'SELECT n FROM account ORDER BY id');
const lockAll = lock('test-lock', 'SELECT FROM account ORDER BY id FOR UPDATE');
const sleep = statement<[secs: number]>('test-sleep', 'SELECT pg_sleep($1)');
const raise = (code: string) =>
  statement(`test-raise-${code}`, `DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '${code}'; END $$`);
const impatient = statement('test-impatient', `SET LOCAL deadlock_timeout = '10ms'`);
const repeatable = statement('test-repeatable', 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');

describe('The gate before the database', () => {
  const services: Service[] = [];
  const start = async (env: Record<string, string> = {}, url?: string) => {
    const service = await Service.start({ WORKER_ENABLED: '0', ...env }, url);
    services.push(service);
    return { service, gate: provider(service, Database) };
  };
  const stopAll = async () => {
    for (const service of services.splice(0)) await service.stop();
  };

  describe('runs a transaction again', () => {
    let gate: Database;
    let service: Service;
    beforeAll(async () => {
      ({ service, gate } = await start());
      await service.query('CREATE TABLE account AS SELECT id, 0 AS n FROM generate_series(1, 2) id');
    });
    beforeEach(() => service.query('UPDATE account SET n = 0'));
    afterAll(stopAll);

    it('that lost a deadlock, and both have their effect once', async () => {
      let attempts = 0;
      const [first, second] = [new Gate(), new Gate()];
      const crosswise = (ids: number[], mine: Gate, other: Gate) =>
        gate.transaction(async (tx) => {
          attempts++;
          await tx.run(impatient);
          await tx.run(add, ids[0]);
          mine.open();
          await other.opened;
          await tx.run(add, ids[1]);
        });
      await Promise.all([crosswise([1, 2], first, second), crosswise([2, 1], second, first)]);
      expect(await gate.run(read)).toEqual([{ n: 2 }, { n: 2 }]);
      expect(attempts).toBe(3);
    });

    it('that could not be serialized', async () => {
      let attempts = 0;
      await gate.transaction(async (tx) => {
        attempts++;
        await tx.run(repeatable);
        await tx.run(read);
        if (attempts === 1) await gate.run(add, 1);
        await tx.run(add, 1);
      });
      expect(await gate.run(read)).toEqual([{ n: 2 }, { n: 0 }]);
      expect(attempts).toBe(2);
    });

    it.each(['40001', '40P01'])('a bounded number of times when it always ends with %s', async (code) => {
      let attempts = 0;
      const hopeless = gate.transaction(async (tx) => {
        attempts++;
        await tx.run(add, 1);
        await tx.run(raise(code));
      });
      await expect(hopeless).rejects.toBeInstanceOf(DatabaseUnavailable);
      expect(attempts).toBeGreaterThan(1);
      expect(attempts).toBeLessThan(20);
      expect(await gate.run(read)).toEqual([{ n: 0 }, { n: 0 }]);
    });

    it('and does not take one for committed that has failed unnoticed', async () => {
      const swallowed = gate.transaction(async (tx) => {
        await tx.run(add, 1);
        await tx.run(raise('P0001')).catch(() => undefined);
      });
      await expect(swallowed).rejects.toThrow('rolled back');
      expect(await gate.run(read)).toEqual([{ n: 0 }, { n: 0 }]);
    });

    it('only where that can help', async () => {
      let attempts = 0;
      const wrong = gate.transaction(async (tx) => {
        attempts++;
        await tx.run(raise('23514'));
      });
      await expect(wrong).rejects.toMatchObject({ code: '23514' });
      expect(attempts).toBe(1);
    });
  });

  it('carries out nothing of a transaction whose BEGIN fails, though statements are sent before it is answered', async () => {
    const database = await cloneDatabase();
    let begins = 0;
    let isRefused = false;
    const proxy = await Proxy.start(database.url, undefined, (sent) => {
      const text = sent.toString('latin1');
      if (!isRefused || !text.includes('BEGIN;')) return sent;
      begins++;
      return Buffer.from(text.replace('BEGIN;', 'BEGUN;'), 'latin1');
    });
    const { service, gate } = await start({}, proxy.url);
    await service.query('CREATE TABLE account AS SELECT id, 0 AS n FROM generate_series(1, 2) id');
    const works: ((tx: Tx) => Promise<unknown>)[] = [
      (tx) => tx.run(add, 1),
      (tx) => Promise.all([tx.run(lockAll), tx.run(add, 1), tx.run(lockAll), tx.run(add, 2)]),
      async (tx) => {
        await tx.run(lockAll);
        await tx.run(add, 1);
      },
      (tx) => {
        tx.defer(lockAll);
        tx.defer(add, 1);
        return Promise.resolve();
      },
    ];
    isRefused = true;
    for (const work of works) await expect(gate.transaction(work)).rejects.toMatchObject({ code: '42601' });
    expect(begins).toBe(works.length);
    expect(await gate.run(read)).toEqual([{ n: 0 }, { n: 0 }]);
    isRefused = false;
    for (const work of works) await gate.transaction(work);
    expect(await gate.run(read)).toEqual([{ n: 4 }, { n: 1 }]);
    await stopAll();
    await proxy.cut();
    await database.drop();
  });

  describe('tells faults of the connection from others', () => {
    afterEach(stopAll);

    it('and does not open its breaker for errors of statements', async () => {
      const { service, gate } = await start({ CIRCUIT_BREAKER_FAILURE_THRESHOLD: '2' });
      for (const code of ['23505', '23503', '23502', '22P02', '42601', 'P0001']) {
        await expect(gate.run(raise(code))).rejects.toMatchObject({ code });
        await expect(gate.transaction((tx) => tx.run(raise(code)))).rejects.toMatchObject({ code });
      }
      for (const code of ['40001', '53100', '55P03'])
        await expect(gate.run(raise(code))).rejects.toBeInstanceOf(DatabaseUnavailable);
      expect(gate.breakerState).toBe('closed');
      expect((await service.call('GET', '/task')).status).toBe(200);
    });

    it('and survives the end of its idle connections', async () => {
      const { service, gate } = await start({ POOL_MIN_IDLE: '3', POOL_MAX_SIZE: '3' });
      await Promise.all([1, 2, 3].map(() => gate.run(sleep, 0.01)));
      const ended = await service.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );
      expect(ended.length).toBeGreaterThanOrEqual(3);
      await eventually(() => expect(gate.poolStats.total).toBe(0));
      expect((await service.call('GET', '/task')).status).toBe(200);
      expect(gate.breakerState).toBe('closed');
    });

    it('and answers 503 to a request whose connection ends under it', async () => {
      const { service, gate } = await start({ CIRCUIT_BREAKER_FAILURE_THRESHOLD: '2' });
      const cut = gate.transaction((tx) => tx.run(sleep, 60));
      const refused = expect(cut).rejects.toBeInstanceOf(DatabaseUnavailable);
      await eventually(async () => {
        const ended = await service.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND state = 'active'
           AND datname = current_database() AND pid <> pg_backend_pid()`,
        );
        expect(ended).toHaveLength(1);
      });
      await refused;
      expect(gate.breakerState).toBe('closed');
      expect((await service.call('GET', '/task')).status).toBe(200);
    });
  });

  describe('with a limit for statements', () => {
    const IMPATIENT = { STATEMENT_TIMEOUT_SECS: '1', POOL_MAX_SIZE: '2', POOL_TIMEOUT_SECS: '2' };
    let database: TestDatabase;
    let proxy: Proxy;
    beforeEach(async () => {
      database = await cloneDatabase();
      proxy = await Proxy.start(database.url);
    });
    afterEach(async () => {
      await proxy.restore();
      await stopAll();
      await proxy.cut();
      await database.drop();
    });

    it('has the server end one that takes too long, with 503, and goes on', async () => {
      const { service, gate } = await start(IMPATIENT, proxy.url);
      await expect(gate.run(sleep, 60)).rejects.toBeInstanceOf(DatabaseUnavailable);
      await expect(gate.transaction((tx) => tx.run(sleep, 60))).rejects.toBeInstanceOf(DatabaseUnavailable);
      expect(gate.breakerState).toBe('closed');
      expect((await service.call('GET', '/task')).status).toBe(200);
    });

    it('waits for no server that does not answer at all, and uses no such connection again', async () => {
      const { service, gate } = await start({ ...IMPATIENT, CIRCUIT_BREAKER_ENABLED: '0' }, proxy.url);
      await Promise.all([gate.run(sleep, 0.01), gate.run(sleep, 0.01)]);
      proxy.freeze();
      const answers = [service.call('GET', '/task'), service.call('POST', '/task', [task('a', 'http://localhost/')])];
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([503, 503]);
      await expect(gate.transaction((tx) => tx.run(sleep, 0))).rejects.toBeInstanceOf(DatabaseUnavailable);
      await proxy.restore();
      await eventually(async () => expect((await service.call('GET', '/task')).status).toBe(200));
    });
  });

  it('works behind a pooler that refuses connections with a limit for statements', async () => {
    const database = await cloneDatabase();
    const proxy = await Proxy.start(database.url);
    proxy.refuseParameter('statement_timeout');
    const { service, gate } = await start({ STATEMENT_TIMEOUT_SECS: '1' }, proxy.url);
    expect((await service.call('GET', '/task')).status).toBe(200);
    // What the server does not end is given up here.
    await expect(gate.run(sleep, 60)).rejects.toBeInstanceOf(DatabaseUnavailable);
    expect((await service.call('GET', '/task')).status).toBe(200);
    await stopAll();
    await proxy.cut();
    await database.drop();
  });

  describe('with a pool that is exhausted', () => {
    afterEach(stopAll);

    it.each(['0', '2'])('refuses for now, with %s retries, and its breaker stays closed', async (retries) => {
      const { service, gate } = await start({
        POOL_MAX_SIZE: '2',
        POOL_TIMEOUT_SECS: '1',
        POOL_ACQUIRE_RETRIES: retries,
        CIRCUIT_BREAKER_FAILURE_THRESHOLD: '1',
      });
      const free = new Gate();
      const busy = [1, 2].map(() => gate.transaction(() => free.opened));
      await eventually(() => expect(gate.poolStats).toMatchObject({ total: 2, idle: 0 }));
      const waiting = service.call<object>('GET', '/task');
      await eventually(async () =>
        expect(await service.call('GET', '/ready')).toMatchObject({
          status: 503,
          body: { status: 'not_ready', reason: expect.stringMatching(/pool is exhausted/) as string },
        }),
      );
      const { status, headers, body } = await waiting;
      expect({ status, body }).toMatchObject({
        status: 503,
        body: { status: 503, error: expect.any(String) as string },
      });
      expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(gate.breakerState).toBe('closed');

      free.open();
      await Promise.all(busy);
      expect((await service.call('GET', '/task')).status).toBe(200);
      expect((await service.call('GET', '/ready')).status).toBe(200);
    });

    it('of one connection still follows a graph to its end', async () => {
      const receiver = await Receiver.start();
      const { service } = await start({ WORKER_ENABLED: '1', POOL_MAX_SIZE: '1' });
      const done = { on_success: [webhook(receiver.url('/done'))] };
      const ids = await service.create([
        task('top', receiver.url('/start'), done),
        ...['a', 'b', 'c'].map((id) => task(id, receiver.url('/start'), { ...after(['top']), ...done })),
        task('end', receiver.url('/start'), { ...after(['a', 'b', 'c']), ...done }),
      ]);
      await Promise.all(
        idsOf(ids).map(async (id) => {
          await eventually(async () => expect(await service.task(id)).toMatchObject({ status: 'Running' }));
          await service.succeed(id);
        }),
      );
      await receiver.waitFor(5, '/done');
      expect((await service.call('GET', `/batch/${ids.batch}`)).body).toMatchObject({ status_counts: { success: 5 } });
      await stopAll();
      await receiver.close();
    });
  });

  describe('with a database that is away for a moment', () => {
    let database: TestDatabase;
    let proxy: Proxy;
    beforeEach(async () => {
      database = await cloneDatabase();
      proxy = await Proxy.start(database.url);
    });
    afterEach(async () => {
      await stopAll();
      await proxy.cut();
      await database.drop();
    });

    it('tries again to connect before it refuses', async () => {
      const { service, gate } = await start({ POOL_ACQUIRE_RETRIES: '20' }, proxy.url);
      proxy.disturb();
      await eventually(() => expect(gate.poolStats.total).toBe(0));
      const before = proxy.broken;
      const answer = service.call('GET', '/task');
      // One attempt may be another's: of the connection for wake-ups.
      await eventually(() => expect(proxy.broken).toBeGreaterThan(before + 2));
      await proxy.restore();
      expect((await answer).status).toBe(200);
    });

    it('tries once when it is not to try again', async () => {
      const { service } = await start({ POOL_ACQUIRE_RETRIES: '0' }, proxy.url);
      await proxy.cut();
      expect(await service.call('GET', '/task')).toMatchObject({ status: 503 });
      await proxy.restore();
      expect((await service.call('GET', '/task')).status).toBe(200);
    });
  });
});
