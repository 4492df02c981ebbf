import { Database } from '../../src/database/database';
import { lock, statement, type Tx } from '../../src/database/statement';
import { DatabaseUnavailable } from '../../src/domain/errors';
import { startBehindProxy, startProxy, startReceiver, startService, useService } from '../support/fixture';
import { Gate } from '../support/gate';
import { eventually } from '../support/poll';
import { after, idsOf, provider, task, webhook } from '../support/service';

const add = statement<[id: number]>('test-add', 'UPDATE account SET n = n + 1 WHERE id = $1');
const read = statement<[], { n: number }>('test-read', 'SELECT n FROM account ORDER BY id');
const lockAll = lock('test-lock', 'SELECT FROM account ORDER BY id FOR UPDATE');
const sleep = statement<[secs: number]>('test-sleep', 'SELECT pg_sleep($1)');
const raise = (code: string) =>
  statement(`test-raise-${code}`, `DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '${code}'; END $$`);
const impatient = statement('test-impatient', `SET LOCAL deadlock_timeout = '10ms'`);
const repeatable = statement('test-repeatable', 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');

describe('The database client', () => {
  const OFF = { WORKER_ENABLED: '0' };
  const start = async (env?: Record<string, string>) => {
    const service = await startService({ ...OFF, ...env });
    return { service, gate: provider(service, Database) };
  };
  const startAway = async (env?: Record<string, string>, changeSent?: (sent: Buffer) => Buffer) => {
    const { service, proxy } = await startBehindProxy({ ...OFF, ...env }, { changeSent });
    return { service, proxy, gate: provider(service, Database) };
  };

  describe('runs a transaction again', () => {
    const service = useService(OFF);
    let gate: Database;
    beforeAll(async () => {
      gate = provider(service, Database);
      await service.query('CREATE TABLE account AS SELECT id, 0 AS n FROM generate_series(1, 2) id');
    });
    beforeEach(() => service.query('UPDATE account SET n = 0'));

    it('that lost a deadlock, so that both take effect once', async () => {
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

    it.each(['40001', '40P01'])('a limited number of times when it always ends with %s', async (code) => {
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

    it('but reports one whose failed statement went unnoticed as rolled back', async () => {
      const swallowed = gate.transaction(async (tx) => {
        await tx.run(add, 1);
        await tx.run(raise('P0001')).catch(() => undefined);
      });
      await expect(swallowed).rejects.toThrow('rolled back');
      expect(await gate.run(read)).toEqual([{ n: 0 }, { n: 0 }]);
    });

    it('only for errors that a retry can cure', async () => {
      let attempts = 0;
      const wrong = gate.transaction(async (tx) => {
        attempts++;
        await tx.run(raise('23514'));
      });
      await expect(wrong).rejects.toMatchObject({ code: '23514' });
      expect(attempts).toBe(1);
    });
  });

  it('executes nothing of a transaction whose BEGIN fails, although later statements are already sent', async () => {
    let begins = 0;
    let isRefused = false;
    const { service, gate } = await startAway({}, (sent) => {
      const text = sent.toString('latin1');
      if (!isRefused || !text.includes('BEGIN;')) return sent;
      begins++;
      return Buffer.from(text.replace('BEGIN;', 'BEGUN;'), 'latin1');
    });
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
  });

  describe('distinguishes connection errors from other errors', () => {
    it('and keeps its breaker closed on errors of statements', async () => {
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

    it('and survives the loss of its idle connections', async () => {
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

    it('and answers 503 to a request that loses its connection', async () => {
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

  describe('with a statement timeout', () => {
    const IMPATIENT = { STATEMENT_TIMEOUT_SECS: '1', POOL_MAX_SIZE: '2', POOL_TIMEOUT_SECS: '2' };

    it('answers 503 to a statement that takes too long, and goes on', async () => {
      const { service, gate } = await start(IMPATIENT);
      await expect(gate.run(sleep, 60)).rejects.toBeInstanceOf(DatabaseUnavailable);
      await expect(gate.transaction((tx) => tx.run(sleep, 60))).rejects.toBeInstanceOf(DatabaseUnavailable);
      expect(gate.breakerState).toBe('closed');
      expect((await service.call('GET', '/task')).status).toBe(200);
    });

    it('gives up on a server that does not answer, and drops the connection', async () => {
      const { service, proxy, gate } = await startAway({ ...IMPATIENT, CIRCUIT_BREAKER_ENABLED: '0' });
      await Promise.all([gate.run(sleep, 0.01), gate.run(sleep, 0.01)]);
      proxy.freeze();
      const answers = [service.call('GET', '/task'), service.call('POST', '/task', [task('a', 'http://localhost/')])];
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([503, 503]);
      await expect(gate.transaction((tx) => tx.run(sleep, 0))).rejects.toBeInstanceOf(DatabaseUnavailable);
      await proxy.restore();
      await eventually(async () => expect((await service.call('GET', '/task')).status).toBe(200));
    });
  });

  it('works behind a pooler that refuses the statement timeout parameter', async () => {
    const proxy = await startProxy();
    proxy.refuseParameter('statement_timeout');
    const service = await startService({ ...OFF, STATEMENT_TIMEOUT_SECS: '1' }, proxy.url);
    expect((await service.call('GET', '/task')).status).toBe(200);
    // The server has no timeout, so the service gives up by itself.
    await expect(provider(service, Database).run(sleep, 60)).rejects.toBeInstanceOf(DatabaseUnavailable);
    expect((await service.call('GET', '/task')).status).toBe(200);
  });

  describe('with an exhausted pool', () => {
    it.each(['0', '2'])('answers 503 after %s retries and keeps its breaker closed', async (retries) => {
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

    it('still runs a graph to its end on one connection', async () => {
      const receiver = startReceiver();
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
    });
  });

  describe('with a database that is briefly away', () => {
    it('retries to connect before it answers 503', async () => {
      const { service, proxy, gate } = await startAway({ POOL_ACQUIRE_RETRIES: '20' });
      proxy.disturb();
      await eventually(() => expect(gate.poolStats.total).toBe(0));
      const before = proxy.broken;
      const answer = service.call('GET', '/task');
      // One attempt may belong to the connection for wake-ups.
      await eventually(() => expect(proxy.broken).toBeGreaterThan(before + 2));
      await proxy.restore();
      expect((await answer).status).toBe(200);
    });

    it('connects only once with POOL_ACQUIRE_RETRIES=0', async () => {
      const { service, proxy } = await startAway({ POOL_ACQUIRE_RETRIES: '0' });
      await proxy.cut();
      expect(await service.call('GET', '/task')).toMatchObject({ status: 503 });
      await proxy.restore();
      expect((await service.call('GET', '/task')).status).toBe(200);
    });
  });
});
