import { HttpAdapterHost } from '@nestjs/core';
import { Client } from 'pg';
import { OpenStarts } from '../../src/task/start/open-starts';
import { afterTest, startProxy, startReplica, startService, useReceiver } from '../support/fixture';
import { Gate } from '../support/gate';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { after, provider, type Service, task, webhook } from '../support/service';

describe('After a delay,', () => {
  const receiver = useReceiver();

  /** Connects to the database of a service until the end of the test. */
  const connect = async ({ databaseUrl }: Service) => {
    const client = new Client({ connectionString: databaseUrl });
    await client.connect();
    afterTest(() => client.end());
    return client;
  };

  let paths = 0;
  it.each(['pending', 'paused'])(
    'a result in the answer of a lost claim is requested again while the task is %s',
    async (how) => {
      const env = { WORKER_CLAIM_TIMEOUT_SECS: '1', WORKER_WEBHOOK_CONCURRENCY: '1', CIRCUIT_BREAKER_ENABLED: '0' };
      const other = await startService(env);
      const proxy = await startProxy(other.databaseUrl);
      const [busy, answered] = [new Gate(), new Gate()];
      const [blocking, path] = [`/${++paths}`, `/${++paths}`];
      receiver.reply(blocking, { after: busy.opened });
      receiver.reply(path, { after: answered.opened, body: { status: 'Success', new_success: 3 } });
      // The only slot of `other` is taken, so that `lost` claims the task.
      await other.create([task('a', receiver.url(blocking))]);
      await receiver.waitFor(1, blocking);
      const lost = await startService(env, proxy.url);
      const { a } = await other.create([task('a', receiver.url(path))]);
      await receiver.waitFor(1, path);
      if (how === 'paused') await other.call('PATCH', `/task/pause/${a}`);
      await proxy.cut();
      await eventually(async () => {
        expect(await other.query('SELECT FROM task WHERE id = $1 AND claimed_by IS NULL', [a])).toHaveLength(1);
      });
      answered.open();
      await proxy.restore();
      await eventually(() => expect(provider(lost, OpenStarts).taskIds).not.toContain(a));
      busy.open();
      if (how === 'paused') await other.call('PATCH', `/task/resume/${a}`);
      await eventually(async () => expect(await other.task(a)).toMatchObject({ status: 'Success', success: 3 }));
      const keys = receiver.received(path).map(({ headers }) => headers['idempotency-key']);
      expect(new Set(keys).size).toBe(1);
    },
  );

  it('a commit that waits for locks longer than a lease still gives its notifications a whole lease', async () => {
    const service = await startService({ WEBHOOK_DELIVERY_LEASE_SECS: '2', WEBHOOK_TIMEOUT_SECS: '1' });
    const [gate, path] = [new Gate(), `/${++paths}`];
    receiver.reply(path, { after: gate.opened });
    afterTest(gate.open);
    const lock = await connect(service);
    const on_success = [webhook(receiver.url(path))];
    const { a } = await service.create([task('a', receiver.url('/start'), { on_success })]);
    await untilRunning(service, a);
    await lock.query('BEGIN');
    await lock.query('SELECT FROM task WHERE id = $1 FOR UPDATE', [a]);
    const report = service.succeed(a);
    await eventually(async () => {
      const waiting = await service.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
         AND xact_start < now() - interval '3 seconds'`,
      );
      expect(waiting).toHaveLength(1);
    });
    await lock.query('COMMIT');
    await report;
    // No other replica may lease it while it is being sent.
    const [row] = await service.query<{ leased: boolean }>(
      `SELECT next_attempt_at > updated_at + interval '4 seconds' AS leased FROM outbox WHERE task_id = $1`,
      [a],
    );
    expect(row).toEqual({ leased: true });
  });

  it('a result during a shutdown leaves no child claimed by the stopped replica', async () => {
    const service = await startService({ WORKER_ENABLED: '0' });
    const replica = await startReplica(service, { WORKER_ENABLED: '1' });
    const lock = await connect(service);
    const child = task('b', receiver.url('/start'), after(['a']));
    const { a, b } = await replica.create([task('a', receiver.url('/start')), child]);
    await untilRunning(replica, a);
    await lock.query('BEGIN');
    await lock.query('SELECT FROM task WHERE id = $1 FOR UPDATE', [a]);
    const report = replica.succeed(a);
    await eventually(async () => {
      const waiting = await service.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      expect(waiting).toHaveLength(1);
    });
    const stopped = replica.stop();
    await eventually(() => expect(provider(replica, HttpAdapterHost).httpAdapter).toMatchObject({ draining: true }));
    await lock.query('COMMIT');
    expect((await report).status).toBe(200);
    await stopped;
    // Either it started before the end, and its call was recorded, or it is left to other replicas.
    expect(await service.query('SELECT status, claimed_by FROM task WHERE id = $1', [b])).toEqual([
      { status: expect.stringMatching(/^(Running|Pending)$/), claimed_by: null },
    ]);
  });

  it.each([
    ['if the task was canceled', false, 1],
    ['only once', true, 0],
  ])('the answer of a replica that was presumed lost calls the cancel action %s', async (_, isTold, calls) => {
    const gate = new Gate();
    const path = `/lost-${isTold}`;
    receiver.reply(path, async () => (await gate.opened, { body: webhook(receiver.url(`${path}/cancel`)) }));
    const service = await startService();
    const { a, batch } = await service.create([task('a', receiver.url(path))]);
    await receiver.waitFor(1, path);
    expect((await service.call('DELETE', `/task/${a}`)).status).toBe(200);
    await service.query('UPDATE task SET claimed_by = NULL WHERE id = $1', [a]);
    if (isTold)
      await service.query(
        `INSERT INTO delivery (id, task_id, batch_id, trigger, status, attempts, created_at, key, url)
         VALUES (gen_random_uuid(), $1::uuid, $2, 'cancel', 'success', 1, now(), $1 || ':cancel', '')`,
        [a, batch],
      );
    gate.open();
    await eventually(async () =>
      expect(await service.query(`SELECT FROM delivery WHERE task_id = $1 AND trigger = 'start'`, [a])).toHaveLength(1),
    );
    await eventually(async () => expect(await service.query('SELECT FROM outbox')).toEqual([]));
    expect(receiver.received(`${path}/cancel`)).toHaveLength(calls);
  });
});
