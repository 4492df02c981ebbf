import { SchedulerRegistry } from '@nestjs/schedule';
import { RetentionLoop } from '../../src/retention/retention.loop';
import { ASLEEP, startReplica, useReceiver, useService } from '../support/fixture';
import { Gate } from '../support/gate';
import { allDelivered, untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { ORPHANS, recount } from '../support/recount';
import { DeliveryLoop } from '../../src/webhook/delivery.loop';
import { ageBatch, makeDue } from '../support/rows';
import { blocking } from '../support/rules';
import { after, provider, task, webhook } from '../support/service';

const DAYS = 10;
const DAY_SECS = 86_400;
const CHUNK = 5;

describe('Retention', () => {
  const receiver = useReceiver();
  const service = useService({
    RETENTION_ENABLED: '1',
    RETENTION_DAYS: String(DAYS),
    RETENTION_BATCH_SIZE: String(CHUNK),
    ...ASLEEP,
    WEBHOOK_RETRY_BACKOFF_BASE_SECS: '1000',
  });
  const START = receiver.url('/start');
  afterEach(async () => {
    await recount(service);
    await complete();
  });

  const cleanUp = () => provider(service, RetentionLoop).runOnce();
  /** Cleans up until nothing is left to remove. */
  const cleanUpAll = async () => {
    while ((await cleanUp()) > 0);
  };
  const age = (batch: string, days: number) => ageBatch(service, batch, days * DAY_SECS);
  /** Counts the rows of a batch in each table. */
  const rowsOf = async (batch: string) =>
    (
      await service.query<Record<string, number>>(
        `SELECT (SELECT count(*) FROM batch WHERE id = $1)::int AS batches,
                (SELECT count(*) FROM task WHERE batch_id = $1)::int AS tasks,
                (SELECT count(*) FROM task_definition WHERE batch_id = $1)::int AS definitions,
                (SELECT count(*) FROM link l LEFT JOIN task p ON p.id = l.parent_id LEFT JOIN task c ON c.id = l.child_id
                 WHERE $1 IN (p.batch_id, c.batch_id))::int AS links,
                (SELECT count(*) FROM delivery WHERE batch_id = $1)::int AS deliveries`,
        [batch],
      )
    )[0];
  const NOTHING = { batches: 0, tasks: 0, definitions: 0, links: 0, deliveries: 0 };
  /** Asserts that no row refers to a missing one. */
  const complete = async () => expect(await service.query(ORPHANS)).toEqual([]);

  /** Creates a batch of three tasks that end in all three ways, one at its second attempt, with links and deliveries. */
  async function ended(rest: object = {}) {
    const told = { on_success: [webhook(receiver.url('/told'))], on_failure: [webhook(receiver.url('/told'))] };
    const ids = await service.create({
      tasks: [
        task('a', START, told),
        task('b', START, { ...after(['a']), ...told, retry: { max_attempts: 2, delay_secs: 0 } }),
        task('c', START, { ...after(['a'], ['b']), ...told }),
      ],
      ...rest,
    });
    await untilRunning(service, ids.a);
    await service.succeed(ids.a);
    await untilRunning(service, ids.b);
    await service.fail(ids.b);
    await untilRunning(service, ids.b);
    await service.call('PATCH', `/task/${ids.b}?attempt=2`, { status: 'Failure', failure_reason: 'Again' });
    await untilRunning(service, ids.c);
    await service.call('DELETE', `/task/${ids.c}`);
    await allDelivered(service);
    return ids;
  }

  it('removes old tasks with their links, definitions, deliveries and batch', async () => {
    const { batch, a, b, c } = await ended({ scope: 'old', metadata: { old: true } });
    expect(await rowsOf(batch)).toEqual({ batches: 1, tasks: 3, definitions: 3, links: 3, deliveries: 6 });
    await age(batch, DAYS + 1);
    await cleanUpAll();
    expect(await rowsOf(batch)).toEqual(NOTHING);
    for (const id of [a, b, c]) expect((await service.call('GET', `/task/${id}`)).status).toBe(404);
    expect((await service.call('GET', `/batch/${batch}`)).status).toBe(404);
    expect((await service.call('GET', `/dag/${batch}`)).status).toBe(404);
    expect((await service.call('GET', '/batches?scope=old')).body).toEqual([]);
    expect((await service.call('GET', `/webhook-deliveries?task_id=${a}`)).body).toEqual([]);
  });

  it('keeps young tasks', async () => {
    const { batch } = await ended();
    await age(batch, DAYS - 1);
    const before = await rowsOf(batch);
    await cleanUpAll();
    expect(await rowsOf(batch)).toEqual(before);
  });

  it('keeps old tasks that ended recently', async () => {
    const { batch } = await ended();
    await age(batch, DAYS + 1);
    await service.query('UPDATE task SET ended_at = now() WHERE batch_id = $1', [batch]);
    const before = await rowsOf(batch);
    await cleanUpAll();
    expect(await rowsOf(batch)).toEqual(before);
  });

  it('keeps unfinished tasks in every status, and they can go on', async () => {
    const [gate, told] = [new Gate(), { on_success: [webhook(receiver.url('/still'))] }];
    receiver.reply('/slow', { after: gate.opened });
    const ids = await service.create([
      task('over', START),
      task('running', START, { ...after(['over']), ...told }),
      task('waiting', START, after(['running', 'over'])),
      task('claimed', receiver.url('/slow'), told),
      task('pending', START, { rules: [blocking('x')] }),
      task('held', START, after([], ['over', 'running'])),
    ]);
    await untilRunning(service, ids.over);
    await service.succeed(ids.over);
    await untilRunning(service, ids.running);
    await service.call('PATCH', `/task/pause/${ids.held}`);
    await age(ids.batch, DAYS + 1);
    await cleanUpAll();
    expect(await rowsOf(ids.batch)).toMatchObject({ batches: 1, tasks: 5, definitions: 5, links: 2 });
    expect((await service.call('GET', `/task/${ids.over}`)).status).toBe(404);
    await service.succeed(ids.running);
    await untilRunning(service, ids.waiting);
    await service.call('PATCH', `/task/resume/${ids.held}`);
    await untilRunning(service, ids.held);
    gate.open();
    await untilRunning(service, ids.claimed);
    await service.succeed(ids.claimed);
    await receiver.waitFor(2, '/still');
  });

  it('keeps a task while a notification about it is queued, even for later', async () => {
    receiver.reply('/refuses-once', { status: 500 }, {});
    const { a, batch } = await service.create([
      task('a', START, { on_success: [webhook(receiver.url('/refuses-once'))] }),
    ]);
    await untilRunning(service, a);
    await service.succeed(a);
    await eventually(async () =>
      expect(await service.query('SELECT last_status FROM outbox')).toEqual([{ last_status: 500 }]),
    );
    await age(batch, DAYS + 1);
    await cleanUpAll();
    expect(await rowsOf(batch)).toMatchObject({ batches: 1, tasks: 1, definitions: 1 });
    await makeDue(service);
    await provider(service, DeliveryLoop).runOnce();
    await receiver.waitFor(2, '/refuses-once');
    await allDelivered(service);
    await cleanUpAll();
    expect(await rowsOf(batch)).toEqual(NOTHING);
  });

  it('keeps a task whose start call is in flight', async () => {
    const gate = new Gate();
    receiver.reply('/slow-start', { after: gate.opened });
    const { a, batch } = await service.create([task('a', receiver.url('/slow-start'))]);
    await receiver.waitFor(1, '/slow-start');
    await service.succeed(a);
    await age(batch, DAYS + 1);
    await cleanUpAll();
    expect(await rowsOf(batch)).toMatchObject({ tasks: 1 });
    gate.open();
    await eventually(async () => expect(await rowsOf(batch)).toMatchObject({ deliveries: 1 }));
    await cleanUpAll();
    expect(await rowsOf(batch)).toEqual(NOTHING);
  });

  it('keeps a whole batch with on_batch_complete until that is delivered', async () => {
    const [told, gate] = ['/batch-over', new Gate()];
    receiver.reply(told, { after: gate.opened });
    const ids = await service.create({
      tasks: [task('a', START), task('b', START)],
      on_batch_complete: [webhook(receiver.url(told))],
    } as { tasks: object[] });
    await untilRunning(service, ids.a, ids.b);
    await service.succeed(ids.a);
    await age(ids.batch, DAYS + 1);
    await cleanUpAll();
    expect(await rowsOf(ids.batch)).toMatchObject({ batches: 1, tasks: 2 });
    await service.succeed(ids.b);
    await age(ids.batch, DAYS + 1);
    await receiver.waitFor(1, told);
    await cleanUpAll();
    expect(await rowsOf(ids.batch)).toMatchObject({ batches: 1 });
    gate.open();
    await allDelivered(service);
    expect(receiver.received(told)[0].body).toMatchObject({
      arcrun: { counts: { success: 2, failure: 0, canceled: 0 } },
    });
    await cleanUpAll();
    expect(await rowsOf(ids.batch)).toEqual(NOTHING);
  });

  it('removes batches without tasks', async () => {
    const { headers } = await service.call('POST', '/task', []);
    const batch = headers.get('x-batch-id')!;
    const rows = await rowsOf(batch);
    await age(batch, DAYS - 1);
    await cleanUpAll();
    expect(await rowsOf(batch)).toEqual(rows);
    await age(batch, 2);
    await cleanUpAll();
    expect(await rowsOf(batch)).toEqual(NOTHING);
  });

  it('removes at most RETENTION_BATCH_SIZE tasks at once, the oldest first', async () => {
    const [older, old] = [await ended(), await ended()];
    await age(older.batch, DAYS + 2);
    await age(old.batch, DAYS + 1);
    expect(await cleanUp()).toBe(CHUNK);
    expect([(await rowsOf(older.batch)).tasks, (await rowsOf(old.batch)).tasks]).toEqual([0, 1]);
    await cleanUpAll();
    expect([await rowsOf(older.batch), await rowsOf(old.batch)]).toEqual([NOTHING, NOTHING]);
  });

  it('keeps tasks that depend on a removed task of another batch', async () => {
    const shared = { kind: 'shared', metadata: { m: 1 } };
    const one = await service.create([task('a', START, shared)]);
    await untilRunning(service, one.a);
    const dedupe_strategy = [{ kind: 'shared', status: 'Running', fields: ['m'] }];
    const { body } = await service.call<{ id: string; batch_id: string }[]>('POST', '/task', [
      task('copy', START, { ...shared, dedupe_strategy }),
      task('b', START, after(['copy'])),
      task('c', START, after(['b'])),
    ]);
    await service.succeed(one.a);
    await untilRunning(service, body[0].id);
    await age(one.batch, DAYS + 1);
    await cleanUpAll();
    expect(await rowsOf(one.batch)).toEqual(NOTHING);
    expect(await rowsOf(body[0].batch_id)).toMatchObject({ batches: 1, tasks: 2, links: 1 });
    await service.succeed(body[0].id);
    await untilRunning(service, body[1].id);
  });

  it('runs by itself until nothing is left, unless it is off or the process only serves the API', async () => {
    const batches = await Promise.all(Array.from({ length: 4 }, () => ended()));
    for (const { batch } of batches) await age(batch, DAYS + 1);
    const settings = { RETENTION_DAYS: String(DAYS), RETENTION_BATCH_SIZE: '2' };
    for (const off of [{ RETENTION_ENABLED: '0' }, { RETENTION_ENABLED: '1', WORKER_ENABLED: '0' }, {}]) {
      const idle = await startReplica(service, { ...settings, ...(off as Record<string, string>) });
      expect(provider(idle, SchedulerRegistry).getIntervals()).not.toContain('retention');
      await idle.stop();
    }
    for (const { batch } of batches) expect(await rowsOf(batch)).toMatchObject({ tasks: 3 });
    const busy = await startReplica(service, { ...settings, RETENTION_ENABLED: '1' });
    expect(provider(busy, SchedulerRegistry).getIntervals()).toContain('retention');
    for (const { batch } of batches) await eventually(async () => expect(await rowsOf(batch)).toEqual(NOTHING));
  });

  it('removes everything once when two replicas clean up beside running tasks', async () => {
    const batches = await Promise.all(Array.from({ length: 4 }, () => ended()));
    for (const { batch } of batches) await age(batch, DAYS + 1);
    const env = { WORKER_ENABLED: '0', RETENTION_ENABLED: '1', RETENTION_DAYS: String(DAYS) };
    const other = await startReplica(service, env);
    await Promise.all([cleanUpAll(), provider(other, RetentionLoop).runOnce(), ended()]);
    await cleanUpAll();
    for (const { batch } of batches) expect(await rowsOf(batch)).toEqual(NOTHING);
  });
});
