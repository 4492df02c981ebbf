import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { cloneDatabase, type TestDatabase } from '../support/postgres';
import { Proxy } from '../support/proxy';
import { Receiver } from '../support/receiver';
import { Service, task } from '../support/service';

/** The message by which PostgreSQL tells a client its session: type, length, process and key. */
const SESSION = Buffer.from('K\0\0\0\x0c', 'latin1');

/** A pooler tells clients of sessions that it has made up, for the real ones go from hand to hand. */
function madeUp(answer: Buffer): Buffer {
  const at = answer.indexOf(SESSION);
  if (at < 0) return answer;
  const changed = Buffer.from(answer);
  changed.writeInt32BE(1_000_000_000, at + SESSION.length);
  return changed;
}

describe('Behind a connection pooler', () => {
  let database: TestDatabase;
  let pooler: Proxy;
  let receiver: Receiver;
  beforeAll(async () => {
    [database, receiver] = await Promise.all([cloneDatabase(), Receiver.start()]);
    pooler = await Proxy.start(database.url, madeUp);
  });
  afterAll(async () => {
    await pooler.cut();
    await receiver.close();
    await database.drop();
  });

  const listening = async (service: Service) =>
    (
      await service.query(`SELECT FROM pg_stat_activity WHERE application_name = 'hookline wakeups'
                          AND datname = current_database()`)
    ).length;

  it('no session is left listening, and replicas find each other’s work all the same', async () => {
    const worker = await Service.start({ WORKER_LOOP_INTERVAL_MS: '50' }, pooler.url);
    const api = await Service.start({ WORKER_ENABLED: '0' }, pooler.url);
    await eventually(async () => expect(await listening(api)).toBe(0));
    for (const service of [worker, api]) expect((await service.call('GET', '/ready')).status).toBe(200);
    const { a, b } = await api.create([task('a', receiver.url('/a')), task('b', receiver.url('/b'))]);
    await untilRunning(api, a, b);
    expect((await api.succeed(a)).status).toBe(200);
    expect((await worker.succeed(b)).status).toBe(200);
    await Promise.all([worker.stop(), api.stop()]);
  });

  it('those that are connected directly listen', async () => {
    const service = await Service.start({}, database.url);
    await eventually(async () => expect(await listening(service)).toBe(1));
    await service.stop();
  });
});
