import { startReplica, useReceiver, useService } from '../support/fixture';
import { allDelivered, statesOf, untilRunning } from '../support/graph';
import type { Call } from '../support/receiver';
import { recount } from '../support/recount';
import { after, task, webhook } from '../support/service';

const ISO_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

interface Completion {
  arcrun: { batch_id: string; counts: object; completed_at: string; trigger: string };
  [member: string]: unknown;
}

describe('The completion call of a batch', () => {
  const service = useService();
  const receiver = useReceiver();
  const START = receiver.url('/start');
  let paths = 0;
  afterEach(() => recount(service));

  const create = (tasks: object[], on_batch_complete: object[]) => {
    const request = { tasks, on_batch_complete };
    return service.create(request);
  };

  /** Creates a batch with a completion action; `calls` returns the completion calls so far. */
  async function batchOf(tasks: object[], rest: object = {}) {
    const path = `/complete/${paths++}`;
    const ids = await create(tasks, [webhook(receiver.url(path), rest)]);
    return { ids, path, calls: () => receiver.received(path) };
  }

  const bodyOf = ({ body }: Call) => body as Completion;
  const countsOf = (call: Call) => bodyOf(call).arcrun.counts;

  /** Waits until everything is delivered, and returns the only completion call. */
  async function onlyCall(calls: () => Call[]): Promise<Call> {
    await allDelivered(service);
    expect(calls()).toHaveLength(1);
    return calls()[0];
  }

  it('is made once, with counts, key, trigger and the headers of the action', async () => {
    const { ids, calls, path } = await batchOf(
      [task('good', START), task('bad', START), task('child', START, after(['bad']))],
      { verb: 'Put', headers: { 'X-Team': 'shop' }, body: { note: 'done', nested: { a: [1] } } },
    );
    await untilRunning(service, ids.good, ids.bad);
    await service.fail(ids.bad);
    expect(calls()).toEqual([]);
    await service.succeed(ids.good);
    const call = await onlyCall(calls);
    expect([call.method, call.path, call.query.has('handle')]).toEqual(['PUT', path, false]);
    expect(call.headers).toMatchObject({
      'idempotency-key': `batch:${ids.batch}:complete`,
      'x-task-trigger': 'batch_complete',
      'x-batch-id': ids.batch,
      'x-team': 'shop',
      'content-type': expect.stringContaining('application/json') as string,
    });
    expect(call.headers).not.toHaveProperty('x-task-id');
    expect(bodyOf(call)).toEqual({
      note: 'done',
      nested: { a: [1] },
      arcrun: {
        batch_id: ids.batch,
        counts: { success: 1, failure: 2, canceled: 0 },
        completed_at: expect.stringMatching(ISO_UTC) as string,
        trigger: expect.any(String) as string,
      },
    });
  });

  it('has a body even where the action has none', async () => {
    const { ids, calls } = await batchOf([task('a', START)]);
    await untilRunning(service, ids.a);
    await service.succeed(ids.a);
    expect(Object.keys(bodyOf(await onlyCall(calls)))).toEqual(['arcrun']);
  });

  it.each([['a text'], [''], [[1, 'two']], [7], [0], [false]])(
    'has the body of the action as a member when that is no object: %j',
    async (body) => {
      const { ids, calls } = await batchOf([task('a', START)], { body });
      await untilRunning(service, ids.a);
      await service.succeed(ids.a);
      expect(bodyOf(await onlyCall(calls))).toEqual({ body, arcrun: expect.any(Object) as object });
    },
  );

  it('keeps the query of the URL and adds nothing to it', async () => {
    const url = receiver.url('/complete-query?token=a%20b&x=1&handle=mine');
    const { a } = await create([task('a', START)], [webhook(url)]);
    await untilRunning(service, a);
    await service.succeed(a);
    const [{ query }] = await receiver.waitFor(1, '/complete-query');
    expect([...query]).toEqual([
      ['token', 'a b'],
      ['x', '1'],
      ['handle', 'mine'],
    ]);
  });

  it('is made for every action, each with its own key', async () => {
    const notified = receiver.url('/complete-thrice');
    const ids = await create([task('a', START)], Array<object>(3).fill(webhook(notified)));
    await untilRunning(service, ids.a);
    await service.succeed(ids.a);
    await allDelivered(service);
    const key = `batch:${ids.batch}:complete`;
    expect(
      receiver
        .received('/complete-thrice')
        .map(({ headers }) => headers['idempotency-key'])
        .sort(),
    ).toEqual([key, `${key}:1`, `${key}:2`]);
  });

  it('comes after the last task, be it a dead end or failed by the cascade', async () => {
    const { ids, calls } = await batchOf([
      task('top', START),
      task('parent', START, after(['top'])),
      task('bad', START),
      task('child', START, after(['parent', 'bad'])),
    ]);
    await untilRunning(service, ids.top, ids.bad);
    await service.fail(ids.bad);
    expect(countsOf(await onlyCall(calls))).toEqual({ success: 0, failure: 2, canceled: 2 });
  });

  it('comes after a refused start', async () => {
    receiver.reply('/refuses', { status: 500 });
    const { calls } = await batchOf([task('a', receiver.url('/refuses')), task('b', START, after(['a']))]);
    await receiver.waitFor(1, ({ path }) => path.startsWith('/complete/') && calls().length > 0);
    expect(countsOf(await onlyCall(calls))).toEqual({ success: 0, failure: 2, canceled: 0 });
  });

  it('comes after tasks that a client canceled', async () => {
    const { ids, calls } = await batchOf([task('a', START), task('b', START)]);
    await untilRunning(service, ids.a, ids.b);
    await service.call('DELETE', `/task/${ids.a}`);
    await service.succeed(ids.b);
    expect(countsOf(await onlyCall(calls))).toEqual({ success: 1, failure: 0, canceled: 1 });
  });

  it('comes after the batch was stopped', async () => {
    const { ids, calls } = await batchOf([task('a', START), task('b', START, after(['a'])), task('c', START)]);
    await untilRunning(service, ids.a, ids.c);
    await service.succeed(ids.c);
    expect((await service.call('DELETE', `/batch/${ids.batch}`)).status).toBe(200);
    expect(countsOf(await onlyCall(calls))).toEqual({ success: 1, failure: 0, canceled: 2 });
  });

  it('is not made while a task is unfinished, paused ones included', async () => {
    const { ids, calls } = await batchOf([task('a', START), task('b', START)]);
    await untilRunning(service, ids.a, ids.b);
    await service.call('PATCH', `/task/pause/${ids.b}`);
    await service.succeed(ids.a);
    await allDelivered(service);
    expect(calls()).toEqual([]);
    expect((await service.succeed(ids.b)).status).toBe(200);
    await onlyCall(calls);
  });

  it('comes at once for a batch without tasks', async () => {
    const url = receiver.url('/complete-empty');
    const { status, headers } = await service.call('POST', '/task', { tasks: [], on_batch_complete: [webhook(url)] });
    expect(status).toBe(204);
    const [call] = await receiver.waitFor(1, '/complete-empty');
    const batch = headers.get('x-batch-id')!;
    expect(call.headers['idempotency-key']).toBe(`batch:${batch}:complete`);
    expect(bodyOf(call).arcrun).toMatchObject({ batch_id: batch, counts: { success: 0, failure: 0, canceled: 0 } });
    await allDelivered(service);
    expect(receiver.received('/complete-empty')).toHaveLength(1);
  });

  it('is made once when the last tasks end at the same moment on two replicas', async () => {
    const second = await startReplica(service);
    const numbers = Array.from({ length: 20 }, (_, n) => n);
    for (let round = 0; round < 3; round++) {
      const batches = await Promise.all(numbers.map(() => batchOf(['a', 'b', 'c', 'd'].map((id) => task(id, START)))));
      await untilRunning(service, ...batches.flatMap(({ ids }) => [ids.a, ids.b, ids.c, ids.d]));
      const answers = await Promise.all(
        ['a', 'b', 'c', 'd'].flatMap((id, i) =>
          batches.map(({ ids }, n) => {
            const replica = (n + i) % 2 ? service : second;
            return id === 'd' ? replica.fail(ids[id]) : replica.succeed(ids[id]);
          }),
        ),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      await allDelivered(service);
      for (const { calls } of batches) {
        expect(calls().map(countsOf)).toEqual([{ success: 3, failure: 1, canceled: 0 }]);
      }
      await recount(service);
    }
  });

  it('is optional: a batch without completion actions ends like any other', async () => {
    const ids = await create([task('a', START)], []);
    await untilRunning(service, ids.a);
    expect((await service.succeed(ids.a)).status).toBe(200);
    expect(await statesOf(service, ids.batch)).toEqual({ a: 'Success' });
  });
});
