import { StaleClaimsLoop } from '../../src/task/claiming/stale-claims.loop';
import { DeliveryLoop } from '../../src/webhook/delivery.loop';
import { ASLEEP, startReceiver, useReceiver, useService } from '../support/fixture';
import { Gate } from '../support/gate';
import type { Delivery } from '../support/deliveries';
import { runTask } from '../support/graph';
import { eventually } from '../support/poll';
import { loseWorker, makeDue } from '../support/rows';
import { after, provider, task, webhook } from '../support/service';

const MAX_ATTEMPTS = 4;
const BASE_SECS = 100;
const CAP_SECS = 300;

describe('A notification', () => {
  const receiver = useReceiver();
  // Nothing runs except what a commit or a test wakes.
  const service = useService({
    ...ASLEEP,
    WEBHOOK_MAX_ATTEMPTS: String(MAX_ATTEMPTS),
    WEBHOOK_RETRY_BACKOFF_BASE_SECS: String(BASE_SECS),
    WEBHOOK_RETRY_BACKOFF_CAP_SECS: String(CAP_SECS),
  });

  let paths = 0;
  const path = () => `/${++paths}`;
  const to = (...names: string[]) => names.map((name) => webhook(receiver.url(name)));
  const keys = (name: string) => receiver.received(name).map(({ headers }) => headers['idempotency-key']);

  const running = async (rest: object) => (await runTask(service, receiver.url('/start'), rest)).id;

  /** Lists the task's notifications by key. */
  const deliveries = async (id: string): Promise<Delivery[]> => {
    const { body } = await service.call<Delivery[]>('GET', `/webhook-deliveries?task_id=${id}`);
    const notifications = body.filter(({ trigger }) => trigger !== 'start');
    return notifications.sort((a, b) => a.idempotency_key.localeCompare(b.idempotency_key));
  };
  const settled = (id: string) =>
    eventually(async () => {
      const all = await deliveries(id);
      expect(all.map(({ status }) => status)).not.toContain('pending');
      return all;
    });
  /** Waits until the current attempt has failed, and returns the seconds until the next one. */
  const putOff = (key: string, attempts: number) =>
    eventually(async () => {
      const [row] = await service.query<{ attempts: number; last_error: string | null; delay: number }>(
        `SELECT attempts, last_error, extract(epoch FROM next_attempt_at - updated_at)::float8 AS delay
         FROM outbox WHERE key = $1`,
        [key],
      );
      expect(row).toMatchObject({ attempts, last_error: expect.any(String) as string });
      return row.delay;
    });
  const deliver = () => provider(service, DeliveryLoop).runOnce();

  it('is sent once, and names its task and trigger', async () => {
    const name = path();
    const params = { verb: 'Put' as const, body: { said: 'ü' }, headers: { 'x-team': 'shop' } };
    const id = await running({ on_success: [webhook(receiver.url(`${name}?a=1`), params)] });
    await service.succeed(id);
    const [call] = await receiver.waitFor(1, name);
    expect(call).toMatchObject({
      method: 'PUT',
      body: { said: 'ü' },
      headers: {
        'idempotency-key': `${id}:end:success`,
        'x-task-id': id,
        'x-task-trigger': 'end',
        'x-team': 'shop',
      },
    });
    expect([...call.query]).toEqual([
      ['a', '1'],
      ['handle', `${service.url}/task/${id}`],
    ]);
    expect(await settled(id)).toMatchObject([{ trigger: 'end', status: 'success', attempts: 1, last_status: 200 }]);
    expect(await deliver()).toBe(0);
    expect(receiver.received(name)).toHaveLength(1);
  });

  it('is sent only for the end that occurred', async () => {
    const [success, failure] = [path(), path()];
    const id = await running({ on_success: to(success), on_failure: to(failure) });
    await service.fail(id);
    await receiver.waitFor(1, failure);
    expect(keys(failure)).toEqual([`${id}:end:failure`]);
    expect(await settled(id)).toHaveLength(1);
    expect(keys(success)).toEqual([]);
  });

  it('has a key of its own for each action, and each action is retried separately', async () => {
    const [first, second, third] = [path(), path(), path()];
    receiver.reply(second, { status: 500 }, {});
    const id = await running({ on_success: to(first, second, third) });
    await service.succeed(id);
    const key = `${id}:end:success`;
    await putOff(`${key}:1`, 1);
    await receiver.waitFor(1, third);
    await makeDue(service, { key: `${key}:1` });
    await deliver();
    expect(await settled(id)).toMatchObject([
      { idempotency_key: key, status: 'success', attempts: 1 },
      { idempotency_key: `${key}:1`, status: 'success', attempts: 2 },
      { idempotency_key: `${key}:2`, status: 'success', attempts: 1 },
    ]);
    expect([first, second, third].map(keys)).toEqual([[key], [`${key}:1`, `${key}:1`], [`${key}:2`]]);
  });

  it('is retried with growing delays, and is exhausted when every attempt has failed', async () => {
    const failing = startReceiver();
    // A failed call on a reused connection would be repeated once by itself.
    const closed = { status: 503, headers: { connection: 'close' } };
    failing.reply('/', closed, 'destroy', { status: 302, headers: { location: '/' } }, { status: 404 });
    const id = await running({ on_failure: [webhook(failing.url('/'))] });
    await service.fail(id);
    const key = `${id}:end:failure`;
    // Jittered over the upper half of a delay that doubles with each failure, up to the cap.
    for (const [i, full] of [BASE_SECS, 2 * BASE_SECS, CAP_SECS].entries()) {
      const delay = await putOff(key, i + 1);
      expect(delay).toBeGreaterThanOrEqual(full / 2 - 1);
      expect(delay).toBeLessThanOrEqual(full + 1);
      expect(await deliver()).toBe(0);
      await makeDue(service, { key: key });
      expect(await deliver()).toBe(1);
    }
    expect(await settled(id)).toMatchObject([
      { idempotency_key: key, status: 'exhausted', attempts: MAX_ATTEMPTS, last_status: 404 },
    ]);
    const keys = failing.received().map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual(Array(MAX_ATTEMPTS).fill(key));
    expect(await deliver()).toBe(0);
  });

  it('is leased by one worker, and is due again when that worker is lost', async () => {
    const [name, gate] = [path(), new Gate()];
    receiver.reply(name, { after: gate.opened });
    const id = await running({ on_success: to(name) });
    await service.succeed(id);
    const key = `${id}:end:success`;
    await receiver.waitFor(1, name);
    const [{ lease }] = await service.query<{ lease: number }>(
      'SELECT extract(epoch FROM next_attempt_at - updated_at)::float8 AS lease FROM outbox WHERE key = $1',
      [key],
    );
    expect(lease).toBeGreaterThan(10);

    await makeDue(service, { key: key });
    const again = deliver();
    await receiver.waitFor(2, name);
    gate.open();
    await again;
    expect(await settled(id)).toMatchObject([{ idempotency_key: key, status: 'success' }]);
    expect(keys(name)).toEqual([key, key]);
  });

  describe('about the end of a task whose start call is in flight', () => {
    /** Reports on a task before its start call is answered. */
    const reportedEarly = async () => {
      const [start, done, gate] = [path(), path(), new Gate()];
      receiver.reply(start, { after: gate.opened });
      const { a: id } = await service.create([task('a', receiver.url(start), { on_success: to(done) })]);
      await receiver.waitFor(1, start);
      expect(await service.task(id)).toMatchObject({ status: 'Claimed' });
      expect((await service.succeed(id)).status).toBe(200);
      expect(await service.task(id)).toMatchObject({ status: 'Success' });
      expect(await deliveries(id)).toMatchObject([{ status: 'pending', attempts: 0 }]);
      return { id, done, gate };
    };

    it('waits for the start result', async () => {
      const { id, done, gate } = await reportedEarly();
      await makeDue(service, { key: id });
      // Another loop makes the start call, so this one waits for nothing.
      expect(await deliver()).toBe(0);
      expect(receiver.received(done)).toEqual([]);
      gate.open();
      await receiver.waitFor(1, done);
      expect(await settled(id)).toMatchObject([{ status: 'success', attempts: 1 }]);
      expect(await service.task(id)).toMatchObject({ status: 'Success' });
    });

    it('is sent when the calling worker is lost', async () => {
      const { id, done, gate } = await reportedEarly();
      await loseWorker(service, id);
      expect(await provider(service, StaleClaimsLoop).runOnce()).toBe(1);
      await receiver.waitFor(1, done);
      expect(await settled(id)).toMatchObject([{ status: 'success', attempts: 1 }]);
      expect(await service.task(id)).toMatchObject({ status: 'Success' });
      gate.open();
    });

    it('is sent when the start call is refused after all', async () => {
      const [start, done, gate] = [path(), path(), new Gate()];
      receiver.reply(start, { after: gate.opened, status: 500 });
      const { a: id } = await service.create([
        task('a', receiver.url(start), { on_success: to(done), on_failure: to(done) }),
      ]);
      await receiver.waitFor(1, start);
      await service.succeed(id);
      gate.open();
      await receiver.waitFor(1, done);
      await settled(id);
      expect(keys(done)).toEqual([`${id}:end:success`]);
      expect(await service.task(id)).toMatchObject({ status: 'Success', failure_reason: null });
    });
  });

  describe('about a dead end', () => {
    /** Makes `p` a dead end once `x` fails: its only child `c` requires `x`. */
    const deadEnd = (start: string, rest: object) =>
      service.create([
        task('p', receiver.url(start), rest),
        task('x', receiver.url('/start')),
        task('c', receiver.url('/start'), after(['x'], ['p'])),
      ]);

    it('tells the receiver to stop once its start answer has said how', async () => {
      const [start, failure, cancel, gate] = [path(), path(), path(), new Gate()];
      receiver.reply(start, { after: gate.opened, body: to(cancel, cancel) });
      const { p, x } = await deadEnd(start, { on_failure: to(failure) });
      await receiver.waitFor(1, start);
      await eventually(async () => expect(await service.task(x)).toMatchObject({ status: 'Running' }));
      await service.fail(x);
      expect(await service.task(p)).toMatchObject({
        status: 'Canceled',
        failure_reason: 'All child tasks already terminated',
      });
      expect(await deliver()).toBe(0);
      gate.open();
      await receiver.waitFor(2, cancel);
      await receiver.waitFor(1, failure);
      expect(keys(cancel).sort()).toEqual([`${p}:cancel`, `${p}:cancel:1`]);
      expect(keys(failure)).toEqual([`${p}:end:failure`]);
      expect(receiver.received(cancel)[0].headers['x-task-trigger']).toBe('cancel');
      expect(await settled(p)).toHaveLength(3);
    });

    it('tells the receiver of a running task to stop', async () => {
      const [start, failure, cancel] = [path(), path(), path()];
      receiver.reply(start, { body: to(cancel) });
      const { p, x } = await deadEnd(start, { on_failure: to(failure) });
      for (const id of [p, x]) await eventually(async () => expect((await service.task(id)).status).toBe('Running'));
      await service.fail(x);
      await receiver.waitFor(1, cancel);
      await receiver.waitFor(1, failure);
      expect(keys(cancel)).toEqual([`${p}:cancel`]);
    });
  });

  it('of a completed batch gives its counts, and names no task', async () => {
    const name = path();
    const ids = await service.create({
      tasks: ['a', 'b', 'c'].map((id) => task(id, receiver.url('/start'), id === 'c' ? after(['b']) : {})),
      on_batch_complete: [webhook(receiver.url(name), { body: { mine: true } })],
    } as { tasks: object[] });
    for (const id of [ids.a, ids.b])
      await eventually(async () => expect((await service.task(id)).status).toBe('Running'));
    await service.succeed(ids.a);
    expect(receiver.received(name)).toEqual([]);
    await service.fail(ids.b);
    const [{ headers, body, query }] = await receiver.waitFor(1, name);
    expect(headers).toMatchObject({
      'idempotency-key': `batch:${ids.batch}:complete`,
      'x-task-trigger': 'batch_complete',
    });
    expect(headers).not.toHaveProperty('x-task-id');
    expect([...query]).toEqual([]);
    expect(body).toEqual({
      mine: true,
      arcrun: {
        batch_id: ids.batch,
        counts: { success: 1, failure: 2, canceled: 0 },
        completed_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
        trigger: 'batch_complete',
      },
    });
  });
});
