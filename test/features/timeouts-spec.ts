import { TimeoutLoop } from '../../src/task/finish/timeout.loop';
import { ASLEEP, startReplica, useReceiver, useService } from '../support/fixture';
import { Gate } from '../support/gate';
import { allDelivered, runTask, statesOf, untilRunning } from '../support/graph';
import { openTransaction, untilWaiting } from '../support/locks';
import { eventually } from '../support/poll';
import { recount } from '../support/recount';
import { age } from '../support/rows';
import { after, provider, task, webhook } from '../support/service';

describe('A silent running task', () => {
  const receiver = useReceiver();
  // Nothing runs except what a commit or a test wakes.
  const service = useService(ASLEEP);
  const START = receiver.url('/start');
  afterEach(() => recount(service));

  const keys = (path: string) => receiver.received(path).map(({ headers }) => headers['idempotency-key']);
  const told = (path: string) => [webhook(receiver.url(path))];
  const timeOut = (by = service) => provider(by, TimeoutLoop).runOnce();
  const running = async (rest?: object) => (await runTask(service, START, { timeout: 100, ...rest })).id;
  /** Moves everything about the tasks some seconds into the past. */
  const elapse = (secs: number, ...ids: string[]) => age(service, ids, secs);

  it('fails with the reason Timeout', async () => {
    const id = await running();
    await elapse(101, id);
    expect(await timeOut()).toBe(1);
    expect(await service.task(id)).toMatchObject({
      status: 'Failure',
      failure_reason: 'Timeout',
      ended_at: expect.any(String) as string,
    });
    expect(await timeOut()).toBe(0);
  });

  it('fails by itself', async () => {
    await startReplica(service, { WORKER_LOOP_INTERVAL_MS: '100' });
    const id = await running({ timeout: 1 });
    await eventually(async () =>
      expect(await service.task(id)).toMatchObject({ status: 'Failure', failure_reason: 'Timeout' }),
    );
  });

  it('calls on_failure and no other action', async () => {
    receiver.reply('/cancelable', { body: told('/never') });
    const { a } = await service.create([
      task('a', receiver.url('/cancelable'), { timeout: 100, on_failure: told('/sorry'), on_success: told('/never') }),
    ]);
    await untilRunning(service, a);
    await elapse(101, a);
    await timeOut();
    await receiver.waitFor(1, '/sorry');
    await allDelivered(service);
    expect([keys('/sorry'), keys('/never')]).toEqual([[`${a}:end:failure`], []]);
  });

  it('fails tasks that require it, starts those that only waited for its end, and cancels dead ends', async () => {
    const ids = await service.create([
      task('top', START, { timeout: 100 }),
      task('beside', START, { timeout: 86400 }),
      task('child', START, { ...after(['top', 'beside']), on_failure: told('/cascade') }),
      task('grandchild', START, after(['child'])),
      task('free', START, after([], ['top'])),
    ]);
    await untilRunning(service, ids.top, ids.beside);
    await elapse(101, ids.top);
    expect(await timeOut()).toBe(1);
    await untilRunning(service, ids.free);
    expect(await statesOf(service, ids.batch)).toEqual({
      top: 'Failure',
      beside: 'Canceled',
      child: 'Failure',
      grandchild: 'Failure',
      free: 'Running',
    });
    await allDelivered(service);
    expect(keys('/cascade')).toEqual([`${ids.child}:end:failure`]);
  });

  it('accepts no more reports', async () => {
    const id = await running();
    await elapse(101, id);
    await timeOut();
    expect(await service.succeed(id)).toMatchObject({ status: 404, body: { current_status: 'Failure' } });
  });

  it('fails however recently it started', async () => {
    const id = await running();
    await elapse(101, id);
    await service.query('UPDATE task SET started_at = now() WHERE id = $1', [id]);
    expect(await timeOut()).toBe(1);
  });

  describe('does not fail', () => {
    it('before its whole timeout is used up', async () => {
      const id = await running();
      await elapse(90, id);
      expect(await timeOut()).toBe(0);
      await elapse(11, id);
      expect(await timeOut()).toBe(1);
    });

    it.each<[sign: string, method: string, body: object]>([
      ['an empty report', 'PATCH', {}],
      ['a report of progress', 'PATCH', { new_success: 1 }],
      ['new metadata', 'PATCH', { metadata: { step: 2 } }],
      ['counted progress', 'PUT', { new_failures: 1 }],
    ])('after a sign of life: %s', async (_, method, body) => {
      const id = await running();
      for (let round = 0; round < 3; round++) {
        await elapse(99, id);
        expect((await service.call(method, `/task/${id}`, body)).status).toBeLessThan(300);
        await elapse(99, id);
        expect(await timeOut()).toBe(0);
      }
      expect((await service.task(id)).status).toBe('Running');
      await elapse(2, id);
      expect(await timeOut()).toBe(1);
    });

    it('after a sign of life that comes while the timeout waits for a lock', async () => {
      const { above, it: id } = await service.create([
        task('above', START, { timeout: 86400 }),
        task('it', START, { timeout: 100 }),
        task('below', START, after(['above', 'it'])),
      ]);
      await untilRunning(service, above, id);
      await elapse(101, id);
      // The other parent of its child is locked first, after the search has found it silent.
      const unlock = await openTransaction(service, `SELECT FROM task WHERE id = '${above}' FOR UPDATE`);
      const timedOut = timeOut();
      await untilWaiting(service, 1);
      expect((await service.report(id, {})).status).toBe(200);
      await unlock();
      expect(await timedOut).toBe(0);
      expect((await service.task(id)).status).toBe('Running');
    });

    it('while it is paused, however long', async () => {
      const id = await running();
      await elapse(101, id);
      await service.call('PATCH', `/task/pause/${id}`);
      await elapse(100_000, id);
      expect(await timeOut()).toBe(0);
      await service.call('PATCH', `/task/resume/${id}`);
      expect(await timeOut()).toBe(0);
      expect((await service.task(id)).status).toBe('Running');
    });

    it('before it is accepted or after it has ended', async () => {
      const gate = new Gate();
      receiver.reply('/slow', { after: gate.opened });
      const ids = await service.create([
        task('claimed', receiver.url('/slow'), { timeout: 1 }),
        task('ended', START, { timeout: 1000 }),
        task('waits', START, { timeout: 1, ...after(['claimed']) }),
      ]);
      await receiver.waitFor(1, '/slow');
      await untilRunning(service, ids.ended);
      await service.succeed(ids.ended);
      await elapse(5000, ids.claimed, ids.ended, ids.waits);
      expect(await timeOut()).toBe(0);
      expect(await statesOf(service, ids.batch)).toEqual({ claimed: 'Claimed', ended: 'Success', waits: 'Waiting' });
      gate.open();
      // The timeout begins when it is accepted.
      await untilRunning(service, ids.claimed);
      await service.succeed(ids.claimed);
      await untilRunning(service, ids.waits);
      await service.succeed(ids.waits);
    });
  });

  describe('among many others', () => {
    const overdue = async (count: number, rest: object = {}) => {
      const names = Array.from({ length: count }, (_, n) => `t${n}`);
      const ids = await service.create(names.map((name) => task(name, START, { timeout: 100, ...rest })));
      await untilRunning(service, ...names.map((name) => ids[name]));
      await elapse(101, ...names.map((name) => ids[name]));
      return names.map((name) => ids[name]);
    };
    const statesAre = async (ids: string[], status: string) =>
      expect(
        await service.query('SELECT status, count(*)::int AS n FROM task WHERE id = ANY ($1::uuid[]) GROUP BY 1', [
          ids,
        ]),
      ).toEqual([{ status, n: ids.length }]);

    it('fails once and notifies once, however many replicas scan', async () => {
      const ids = await overdue(100, { on_failure: told('/once') });
      const replica = await startReplica(service, { ...ASLEEP, WORKER_ENABLED: '0' });
      await Promise.all([service, replica, service, replica].map((by) => timeOut(by)));
      await statesAre(ids, 'Failure');
      await allDelivered(service);
      expect(keys('/once').sort()).toEqual(ids.map((id) => `${id}:end:failure`).sort());
    });

    it('fails without waiting for the next scan when more are due than one scan handles', async () => {
      const ids = await overdue(35);
      await startReplica(service, { ...ASLEEP, WORKER_TIMEOUT_BATCH_SIZE: '10' });
      await eventually(() => statesAre(ids, 'Failure'));
    });

    it('either times out or is reported on at the same moment, never both', async () => {
      const ids = await overdue(60);
      const [timedOut, ...answers] = await Promise.all([timeOut(), ...ids.map((id) => service.succeed(id))]);
      const reported = ids.filter((_, n) => answers[n].status === 200);
      expect(timedOut + reported.length).toBe(60);
      for (const [n, id] of ids.entries()) {
        const won = answers[n].status === 200;
        expect(await service.task(id)).toMatchObject(
          won ? { status: 'Success', failure_reason: null } : { status: 'Failure', failure_reason: 'Timeout' },
        );
        if (!won) expect(answers[n].status).toBe(404);
      }
    });
  });
});
