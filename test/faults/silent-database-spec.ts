import { Database } from '../../src/database/database';
import { statement } from '../../src/database/statement';
import { startBehindProxy, useReceiver } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import type { Proxy } from '../support/proxy';
import { provider, type Service, task } from '../support/service';

/** The message by which PostgreSQL tells a client its session: type, length, process and key. */
const SESSION = Buffer.from('K\0\0\0\x0c', 'latin1');
/** Runs long enough to be probed twice. */
const sleeps = statement<[], { one: number }>('sleeps', 'SELECT 1 AS one FROM pg_sleep(1.1)');

/** Replaces the process id, as a pooler does that shares sessions. */
function madeUp(answer: Buffer): Buffer {
  const at = answer.indexOf(SESSION);
  if (at >= 0) answer.writeInt32BE(1_000_000_000, at + SESSION.length);
  return answer;
}

describe('When the database falls silent', () => {
  const receiver = useReceiver();
  let proxy: Proxy;
  let service: Service;

  const start = async (env: Record<string, string> = {}, change?: (answer: Buffer) => Buffer) => {
    ({ proxy, service } = await startBehindProxy(env, { change }));
  };
  const twoRunning = async () => {
    const { a, b } = await service.create([task('a', receiver.url('/a')), task('b', receiver.url('/b'))]);
    await untilRunning(service, a, b);
    return { a, b };
  };
  /** Sends more requests of every kind than there are connections. */
  const everything = (id: string) =>
    Array.from({ length: 12 }, () => [
      service.call('POST', '/task', [task('c', receiver.url('/c'))]),
      service.call('PATCH', `/task/${id}`, { status: 'Success' }),
      service.call('PUT', `/task/${id}`, { new_success: 1 }),
      service.call('DELETE', `/task/${id}`),
      service.call('GET', `/task/${id}`),
      service.call('GET', '/batches'),
    ]).flat();

  it.each([
    ['on open connections', () => Promise.resolve()],
    ['without open connections', () => proxy.cut().then(() => proxy.restore())],
  ])('and accepts no connections, callers get 503 (%s), and the service recovers with it', async (_, before) => {
    await start();
    const { a, b } = await twoRunning();
    await before();
    proxy.freeze();
    for (const { status, headers } of await Promise.all(everything(a))) {
      expect([status, headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^[1-9]\d*$/)]);
    }
    expect(provider(service, Database).breakerState).not.toBe('closed');
    await proxy.restore();
    await eventually(async () => expect((await service.succeed(b)).status).toBe(200));
    const { c } = await service.create([task('c', receiver.url('/c'))]);
    await untilRunning(service, c);
  });

  it('on old connections, they are closed, and work continues on new ones', async () => {
    await start({ WORKER_ENABLED: '0' });
    const { a } = await service.create([task('a', receiver.url('/a'))]);
    await Promise.all(Array.from({ length: 20 }, () => service.call('GET', '/batches')));
    const old = provider(service, Database).poolStats.total;
    expect(old).toBeGreaterThan(1);
    proxy.silence();
    const answers = await Promise.all(Array.from({ length: 20 }, () => service.call('GET', '/batches')));
    expect(answers.filter(({ status }) => status !== 200 && status !== 503)).toEqual([]);
    expect(answers.map(({ status }) => status)).toContain(503);
    await eventually(async () => expect((await service.call('DELETE', `/task/${a}`)).status).toBe(200));
    await service.create([task('b', receiver.url('/b'))]);
  });

  it.each([
    ['', undefined],
    [' behind a pooler', madeUp],
  ])('because it executes a statement, no connection is closed%s', async (_, change) => {
    await start({ WORKER_ENABLED: '0' }, change);
    expect(await provider(service, Database).run(sleeps)).toEqual([{ one: 1 }]);
    expect(provider(service, Database).breakerState).toBe('closed');
  });

  it('and refuses a probe with a reason, no connection is closed', async () => {
    await start({ WORKER_ENABLED: '0' });
    proxy.refuseParameter('hookline probe');
    expect(await provider(service, Database).run(sleeps)).toEqual([{ one: 1 }]);
    expect(provider(service, Database).breakerState).toBe('closed');
  });
});
