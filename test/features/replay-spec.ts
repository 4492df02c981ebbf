import { randomUUID } from 'node:crypto';
import { useReceiver, useService } from '../support/fixture';
import { eventually } from '../support/poll';
import { task, webhook } from '../support/service';

describe('Replaying notifications', () => {
  const receiver = useReceiver();
  const service = useService({ WEBHOOK_MAX_ATTEMPTS: '1' });

  interface Delivery {
    id: string;
    trigger: string;
    status: string;
    attempts: number;
    idempotency_key: string;
  }
  const deliveries = async (id: string) =>
    (await service.call<Delivery[]>('GET', `/webhook-deliveries?task_id=${id}`)).body;
  const ended = async (id: string, status: string): Promise<Delivery[]> =>
    eventually(async () => {
      const ends = (await deliveries(id)).filter(({ trigger }) => trigger === 'end');
      expect(ends.map((each) => each.status)).toEqual(ends.map(() => status));
      expect(ends).not.toEqual([]);
      return ends;
    });

  let paths = 0;
  /** Creates a task whose notifications are exhausted, as their receiver is broken. */
  async function exhausted(actions = 1): Promise<{ id: string; path: string; ends: Delivery[] }> {
    const path = `/broken-${++paths}`;
    receiver.reply(path, () => ({ status: 500 }));
    const on_success = Array.from({ length: actions }, () => webhook(receiver.url(path)));
    const { a } = await service.create([task('a', receiver.url('/start'), { on_success })]);
    await eventually(async () => expect((await service.succeed(a)).status).toBe(200));
    return { id: a, path, ends: await ended(a, 'exhausted') };
  }
  const replayOne = (id: string) => service.call('POST', `/webhook-deliveries/${id}/replay`);

  it('sends a notification again, with its id and key, once its receiver works', async () => {
    const { id, path, ends } = await exhausted();
    receiver.reply(path, () => ({ status: 204 }));
    expect((await replayOne(ends[0].id)).status).toBe(202);
    const [again] = await ended(id, 'success');
    expect(again).toMatchObject({ id: ends[0].id, attempts: 1, idempotency_key: ends[0].idempotency_key });
    const keys = receiver.received(path).map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual([ends[0].idempotency_key, ends[0].idempotency_key]);
  });

  it('exhausts it again while the receiver is still broken', async () => {
    const { id, path, ends } = await exhausted();
    expect((await replayOne(ends[0].id)).status).toBe(202);
    await receiver.waitFor(2, path);
    expect(await ended(id, 'exhausted')).toHaveLength(1);
  });

  it('sends all of a task again, and none of other tasks', async () => {
    const [one, other] = [await exhausted(3), await exhausted()];
    receiver.reply(one.path, () => ({ status: 200 }));
    expect(await service.call('POST', `/webhook-deliveries/replay?status=exhausted&task_id=${one.id}`)).toMatchObject({
      status: 202,
      body: { replayed: 3 },
    });
    expect(await ended(one.id, 'success')).toHaveLength(3);
    expect(await deliveries(other.id)).toContainEqual(other.ends[0]);
  });

  it('sends a selection again: by ids, by batch, by host and by both', async () => {
    const [one, two, three] = [await exhausted(2), await exhausted(), await exhausted()];
    for (const { path } of [one, two, three]) receiver.reply(path, () => ({ status: 200 }));
    const batchOf = async (id: string) => (await service.task(id)).batch_id;
    const replay = async (query: object, body?: object) => {
      const url = `/webhook-deliveries/replay?${new URLSearchParams({ ...query })}`;
      return (await service.call('POST', url, body)).body as object;
    };
    const { host } = new URL(receiver.url('/'));
    const ids = [one.ends[0].id, two.ends[0].id, randomUUID()];
    expect(await replay({ host: 'another.example' })).toEqual({ replayed: 0 });
    expect(await replay({ batch_id: await batchOf(two.id) }, { ids: [one.ends[0].id] })).toEqual({ replayed: 0 });
    expect(await replay({ host, trigger: 'end' }, { ids })).toEqual({ replayed: 2 });
    await ended(two.id, 'success');
    expect(await replay({}, { ids })).toEqual({ replayed: 0 });
    expect(await replay({ batch_id: await batchOf(one.id), updated_before: '2001-01-01' })).toEqual({ replayed: 0 });
    expect(await replay({ batch_id: await batchOf(one.id) })).toEqual({ replayed: 1 });
    await ended(one.id, 'success');
    expect(await deliveries(three.id)).toContainEqual(three.ends[0]);
  });

  it.each<[what: string, body: unknown, detail: string]>([
    ['without ids', { id: [randomUUID()] }, 'ids: must be an array of UUIDs'],
    ['with an empty list', { ids: [] }, 'ids: must have at least one id'],
    ['with other ids', { ids: ['7'] }, 'ids: must be an array of UUIDs'],
    ['with too many ids', { ids: Array.from({ length: 1001 }, () => randomUUID()) }, 'ids: must have at most 1000 ids'],
    ['that is a list', [randomUUID()], 'body: must be an object'],
  ])('refuses a body %s, instead of sending all again', async (_what, body, detail) => {
    expect(await service.call('POST', '/webhook-deliveries/replay', body)).toMatchObject({
      status: 400,
      body: { details: [detail] },
    });
  });

  it('queues each once, however many requests come at the same time', async () => {
    const { id, path, ends } = await exhausted();
    receiver.reply(path, () => ({ status: 200 }));
    const answers = await Promise.all(Array.from({ length: 10 }, () => replayOne(ends[0].id)));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    await ended(id, 'success');
    expect(receiver.received(path)).toHaveLength(2);
  });

  it.each(['', '?status=exhausted', '?status=Exhausted'].map((query) => `/webhook-deliveries/replay${query}`))(
    'sends all exhausted ones again by POST %s, until none are left',
    async (url) => {
      const { id, path } = await exhausted();
      receiver.reply(path, () => ({ status: 200 }));
      const { body } = await service.call<{ replayed: number }>('POST', url);
      expect(body.replayed).toBeGreaterThan(0);
      await ended(id, 'success');
      await eventually(async () => expect((await service.call('POST', url)).body).toEqual({ replayed: 0 }));
    },
  );

  it('refuses notifications that are not exhausted, unknown ids and other filters', async () => {
    const { a } = await service.create([
      task('a', receiver.url('/start'), { on_success: [webhook(receiver.url('/fine'))] }),
    ]);
    await eventually(async () => expect((await service.succeed(a)).status).toBe(200));
    await ended(a, 'success');
    for (const { id } of await deliveries(a)) expect((await replayOne(id)).status).toBe(400);
    expect((await replayOne(randomUUID())).status).toBe(404);
    expect((await replayOne('no-uuid')).status).toBe(400);
    expect((await service.call('POST', '/webhook-deliveries/replay?status=success')).status).toBe(400);
    expect((await service.call('POST', '/webhook-deliveries/replay?task_id=7')).status).toBe(400);
    expect(receiver.received('/fine')).toHaveLength(1);
  });
});
