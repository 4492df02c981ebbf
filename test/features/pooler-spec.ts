import { Database } from '../../src/database/database';
import { statement } from '../../src/database/statement';
import { Worker } from '../../src/loops/worker';
import { startService, useDatabase, useReceiver } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';

import { Proxy } from '../support/proxy';
import { provider, Service, task } from '../support/service';

/** The message by which PostgreSQL tells a client its session: type, length, process id and key. */
const SESSION = Buffer.from('K\0\0\0\x0c', 'latin1');

/** How often the database has confirmed a LISTEN. */
let listens = 0;

/** Replaces the process id, as a pooler does that shares sessions. */
function madeUp(answer: Buffer): Buffer {
  if (answer.includes('LISTEN\0')) listens++;
  const at = answer.indexOf(SESSION);
  if (at < 0) return answer;
  const changed = Buffer.from(answer);
  changed.writeInt32BE(1_000_000_000, at + SESSION.length);
  return changed;
}

describe('Behind a connection pooler', () => {
  let pooler: Proxy;
  afterAll(() => pooler.cut());
  const database = useDatabase();
  const receiver = useReceiver();
  beforeAll(async () => {
    pooler = await Proxy.start(database.url, { change: madeUp });
    pooler.refuseParameter('statement_timeout');
  });

  it('no session is left listening, and replicas still find each other’s work', async () => {
    const worker = await Service.start({ WORKER_LOOP_INTERVAL_MS: '50' }, pooler.url);
    const api = await Service.start({ WORKER_ENABLED: '0' }, pooler.url);
    for (const service of [worker, api]) expect((await service.call('GET', '/ready')).status).toBe(200);
    const { a, b } = await api.create([task('a', receiver.url('/a')), task('b', receiver.url('/b'))]);
    await untilRunning(api, a, b);
    expect((await api.succeed(a)).status).toBe(200);
    expect((await worker.succeed(b)).status).toBe(200);
    await Promise.all([worker.stop(), api.stop()]);
    expect(listens).toBe(0);
  });

  it('heartbeats continue when prepared statements are mixed up', async () => {
    const service = await startService({ POOL_MAX_SIZE: '1' }, pooler.url);
    const database = provider(service, Database);
    const sign = () => database.runPastBreaker(statement<[], { one: number }>('sign-of-life', 'SELECT 1 AS one'));
    await sign();
    await database.run(statement('forget', 'DEALLOCATE ALL'));
    expect(await sign()).toEqual([{ one: 1 }]);
  });

  it('a replica still wakes those that connect directly', async () => {
    await startService({ WORKER_LOOP_INTERVAL_MS: '3600000' }, database.url);
    const api = await startService({ WORKER_ENABLED: '0' }, pooler.url);
    await eventually(() => expect(provider(api, Worker).others).toBe(1));
    const { a } = await api.create([task('a', receiver.url('/a'))]);
    await untilRunning(api, a);
  });
});
