import { StaleClaimsLoop } from '../../src/task/claiming/stale-claims.loop';
import { OpenStarts } from '../../src/task/start/open-starts';
import { afterTest, startReceiver, startService, useService } from '../support/fixture';
import { Gate } from '../support/gate';
import { allDelivered, untilRunning } from '../support/graph';
import { grouped, keysOf, results } from '../support/groups';
import { openTransaction } from '../support/locks';
import { eventually } from '../support/poll';
import { ServiceProcess, useProcesses } from '../support/process';
import type { Receiver } from '../support/receiver';
import { loseWorker } from '../support/rows';
import { after, idsOf, provider, type Service, task } from '../support/service';

const FAST = { WORKER_CLAIM_TIMEOUT_SECS: '2' };

describe('While a group of calls is in flight,', () => {
  useProcesses();
  let receiver: Receiver;
  beforeEach(() => {
    receiver = startReceiver();
  });
  const startKey = (id: string) => `${id}:start`;
  const started = (path: string, count: number) =>
    Array.from({ length: count }, (_, i) => task(`${path}${i}`, '', { on_start: grouped(receiver.url(path)) }));
  const statuses = (service: Service, ids: string[]) =>
    Promise.all(ids.map(async (id) => (await service.task(id)).status));

  it('a killed service has the next one repeat exactly the calls without a record', async () => {
    const service = await startService({ ...FAST, WORKER_ENABLED: '0' });
    const { databaseUrl } = service;
    const first = await ServiceProcess.start({ DATABASE_URL: databaseUrl, ...FAST });
    const done = idsOf(await service.create(started('/recorded', 3)));
    await untilRunning(service, ...done);
    // Of this group, the acceptances are recorded; the record of the refusal waits for a lock.
    let unlock: () => Promise<void>;
    receiver.reply(
      '/half',
      async (call) => {
        const [, refused] = keysOf(call);
        unlock = await openTransaction(service, `SELECT FROM task WHERE id = '${refused.split(':')[0]}' FOR UPDATE`);
        return results({ key: refused, refused: 'Busy' });
      },
      {},
    );
    const [accepted, refused, other] = idsOf(await service.create(started('/half', 3)));
    await untilRunning(service, accepted, other);
    receiver.reply('/held', 'silence', {});
    const held = idsOf(await service.create(started('/held', 4)));
    await receiver.waitFor(1, '/held');
    await first.end('SIGKILL');
    await unlock!();

    await startService(FAST, databaseUrl);
    await untilRunning(service, refused, ...held);
    const repeated = (path: string) => receiver.received(path).slice(1).flatMap(keysOf).toSorted();
    expect(['/recorded', '/half', '/held'].map(repeated)).toEqual([
      [],
      [startKey(refused)],
      held.map(startKey).toSorted(),
    ]);
  });

  it('a shutdown waits for its answer, and records it for each call', async () => {
    const other = await startService({ WORKER_ENABLED: '0' });
    const service = await startService({}, other.databaseUrl);
    const children = ['b', 'c'].map((id) =>
      task(id, receiver.url('/never'), { ...after(['a']), on_failure: [grouped(receiver.url('/told'))] }),
    );
    const { a } = await service.create([task('a', receiver.url('/root')), ...children]);
    await untilRunning(service, a);
    const answered = new Gate();
    afterTest(answered.open);
    for (const path of ['/start', '/told']) receiver.reply(path, { after: answered.opened });
    const ids = idsOf(await service.create(started('/start', 3)));
    await receiver.waitFor(1, '/start');
    await service.fail(a);
    await receiver.waitFor(1, '/told');
    const stopped = service.stop();
    answered.open();
    await stopped;
    expect(await statuses(other, ids)).toEqual(ids.map(() => 'Running'));
    expect(await other.query('SELECT key FROM outbox')).toEqual([]);
    expect(['/start', '/told'].map((path) => receiver.received(path).map((call) => keysOf(call).length))).toEqual([
      [3],
      [2],
    ]);
  });

  describe('of a service with four slots,', () => {
    const service = useService({ ...FAST, WORKER_WEBHOOK_CONCURRENCY: '4' });

    it('tasks can be canceled, and their cancel actions are called together once the answer is recorded', async () => {
      const answered = new Gate();
      afterTest(answered.open);
      receiver.reply('/start', async (call) => {
        await answered.opened;
        return results(...keysOf(call).map((key) => ({ key, ...grouped(receiver.url('/cancel')) })));
      });
      const [a, b, c, d] = idsOf(await service.create(started('/start', 4)));
      await receiver.waitFor(1, '/start');
      for (const id of [a, b]) await service.call('DELETE', `/task/${id}`);
      await service.succeed(c);
      expect(receiver.received('/cancel')).toEqual([]);
      answered.open();
      await untilRunning(service, d);
      const calls = await receiver.waitFor(1, '/cancel');
      await allDelivered(service);
      expect(calls.flatMap(keysOf).sort()).toEqual([`${a}:cancel`, `${b}:cancel`].sort());
      expect(await statuses(service, [a, b, c, d])).toEqual(['Canceled', 'Canceled', 'Success', 'Running']);
    });

    it('a lost claim has only its task called again, and the others keep their answers', async () => {
      const answered = new Gate();
      afterTest(answered.open);
      receiver.reply('/start', async (call) => {
        if (receiver.received('/start').length === 1) await answered.opened;
        return results(...keysOf(call).map((key) => ({ key, status: 'Success', new_success: 1 })));
      });
      const [a, b, c] = idsOf(await service.create(started('/start', 3)));
      await receiver.waitFor(1, '/start');
      await loseWorker(service, b);
      await provider(service, StaleClaimsLoop).runOnce();
      const [, again] = await receiver.waitFor(2, '/start');
      expect(keysOf(again)).toEqual([startKey(b)]);
      await eventually(async () => expect(await service.task(b)).toMatchObject({ status: 'Success', success: 1 }));
      answered.open();
      await eventually(() => expect(provider(service, OpenStarts).taskIds).toEqual([]));
      for (const id of [a, b, c]) expect(await service.task(id)).toMatchObject({ status: 'Success', success: 1 });
      expect(receiver.received('/start')).toHaveLength(2);
    });

    it('the group takes one of them, so that more tasks are called than there are slots', async () => {
      const answered = new Gate();
      afterTest(answered.open);
      receiver.reply('/start', { after: answered.opened });
      const ids = idsOf(await service.create(started('/start', 6)));
      await eventually(() =>
        expect(receiver.received('/start').flatMap(keysOf).toSorted()).toEqual(ids.map(startKey).toSorted()),
      );
      expect(receiver.received('/start').length).toBeLessThanOrEqual(3);
      answered.open();
      await untilRunning(service, ...ids);
    });
  });
});
