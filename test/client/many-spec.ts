import { once } from 'node:events';
import {
  createReceiver,
  Graph,
  Hookline,
  type Job,
  type Notification,
  type Receiver,
  type ReceiverOptions,
  webhook,
} from '../../clients/typescript/src';
import { afterTest } from '../support/fixture';
import { Front } from '../support/front';
import { Gate } from '../support/gate';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { serve } from '../support/serve';
import { Service } from '../support/service';

const TOKEN = 'a-token-that-is-long-enough';
const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const MANY = 30;

/** Receivers know only their handles, not the token of the service. */
describe('A receiver of many tasks', () => {
  let service: Service;
  /** Handles lead through this proxy. */
  let front: Front;
  let hookline: Hookline;
  const errors: unknown[] = [];
  beforeAll(async () => {
    front = new Front();
    service = await Service.start({ HOST_URL: front.origin, AUTH_TOKEN: TOKEN, WEBHOOK_SIGNING_SECRET: SECRET });
    service.token = TOKEN;
    front.target = await service.app.getUrl();
    hookline = new Hookline({ url: front.target, token: TOKEN });
  });
  beforeEach(() => errors.splice(0));
  afterEach(() => (front.obstacle = () => undefined));
  afterAll(async () => {
    await service.stop();
    await front.close();
  });

  function receive(options: Partial<ReceiverOptions>): { receiver: Receiver; url: string } {
    const onError = (error: unknown) => void errors.push(error);
    const receiver = createReceiver({ secrets: SECRET, service: front.origin, onError, ...options });
    const served = serve(receiver);
    afterTest(() => served.close());
    return { receiver, url: served.origin };
  }

  async function create(count: number, spec: Parameters<Graph['task']>[1]) {
    const graph = new Graph();
    for (let n = 0; n < count; n++) graph.task(`t${n}`, spec);
    const { batchId, tasks } = await hookline.create(graph);
    return { batchId, ids: tasks.map(({ id }) => id) };
  }

  /** Returns the requests that report on many of these tasks. */
  const bulks = (method: string, ids: string[]) =>
    front
      .seen(method, '/task')
      .map(({ body }) => JSON.parse(body) as { id: string; token: string }[])
      .filter(([{ id }]) => ids.includes(id));

  it('reports those that end together in one request, each with its own outcome', async () => {
    const gate = new Gate();
    const jobs: Job[] = [];
    const { receiver, url } = receive({
      starts: {
        '/start': async (job) => {
          jobs.push(job);
          await gate.opened;
          await job.progress(2);
          job.result({ of: job.taskId });
        },
      },
    });
    const { batchId, ids } = await create(MANY, { kind: 'test', on_start: webhook(`${url}/start`) });
    await untilRunning(service, ...ids);
    // Without a word to the receiver.
    await hookline.report(ids[0], { status: 'Failure', failure_reason: 'Timeout' });
    gate.open();
    await receiver.close();
    const [increments, reports] = [bulks('PUT', ids), bulks('PATCH', ids)];
    expect([increments, reports].map(({ length }) => length)).toEqual([1, 1]);
    expect(increments[0].map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(increments[0][1]).toMatchObject({ new_success: 2, token: expect.any(String) });
    expect(reports[0]).toHaveLength(MANY);
    expect(await hookline.batch(batchId)).toMatchObject({
      total_success: 2 * MANY,
      status_counts: { success: MANY - 1, failure: 1 },
    });
    expect(Object.keys(await hookline.results(batchId))).toHaveLength(MANY - 1);
    expect(errors).toEqual([]);
  });

  it('reports in several requests what is too large for one', async () => {
    const gate = new Gate();
    const { receiver, url } = receive({
      starts: {
        '/start': async (job) => {
          job.result('x'.repeat(65_000));
          await gate.opened;
        },
      },
    });
    const { batchId, ids } = await create(70, { kind: 'test', on_start: webhook(`${url}/start`) });
    await untilRunning(service, ...ids);
    gate.open();
    await receiver.close();
    expect(await hookline.batch(batchId)).toMatchObject({ status_counts: { success: 70 } });
    const sizes = bulks('PATCH', ids).map(({ length }) => length);
    expect(sizes).toHaveLength(2);
    expect(sizes[0] + sizes[1]).toBe(70);
    expect(errors).toEqual([]);
  });

  it.each([
    ['each alone, where a request with many is refused', { status: 413 }],
    ['again, while the service is not ready', { status: 503 }],
  ])('reports %s', async (_, refusal) => {
    const gate = new Gate();
    const { receiver, url } = receive({ starts: { '/start': () => gate.opened } });
    const { batchId, ids } = await create(3, { kind: 'test', on_start: webhook(`${url}/start`) });
    await untilRunning(service, ...ids);
    let isFirst = true;
    front.obstacle = ({ method, path }) => {
      if (method !== 'PATCH' || path !== '/task' || !isFirst) return undefined;
      isFirst = false;
      return refusal;
    };
    gate.open();
    await receiver.close();
    expect(await hookline.batch(batchId)).toMatchObject({ status_counts: { success: 3 } });
    expect(errors).toEqual([]);
  });

  it('takes them in groups, answers with results, and is told of their ends in groups', async () => {
    const sizes: number[] = [];
    const jobs: Job[] = [];
    const told: Notification[] = [];
    const { url } = receive({
      groups: {
        '/start': (given) => {
          sizes.push(given.length);
          jobs.push(...given);
          for (const job of given) job.result(job.context?.task.local_id);
          given.find(({ context }) => context?.task.local_id === 't1')?.fail('No');
        },
      },
      notifications: { '/told': (notification) => void told.push(notification) },
    });
    const group = { max_size: 100 };
    const end = [webhook(`${url}/told`, { group, context: true })];
    const on_start = webhook(`${url}/start`, { group, context: true, body: { of: 'group' } });
    const { batchId, ids } = await create(MANY, { kind: 'test', on_start, on_success: end, on_failure: end });
    const { status_counts } = await hookline.waitForBatch(batchId);
    expect(status_counts).toMatchObject({ success: MANY - 1, failure: 1 });
    await eventually(() => expect(told).toHaveLength(MANY));
    expect(jobs).toHaveLength(MANY);
    expect(sizes.length).toBeLessThan(MANY);
    expect(jobs[0]).toMatchObject({ batchId, body: { of: 'group' }, context: { task: { batch_id: batchId } } });
    expect(told.find(({ event }) => event === 'failure')).toMatchObject({
      taskId: ids[1],
      batchId,
      context: { task: { local_id: 't1', result: 't1' } },
    });
    expect(await hookline.results(batchId)).toEqual(Object.fromEntries(ids.map((_, n) => [`t${n}`, `t${n}`])));
    expect(ids.flatMap((id) => front.seen('PATCH', `/task/${id}`))).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('is told to cancel tasks of a group as a group', async () => {
    const jobs: Job[] = [];
    let requests = 0;
    const { receiver } = receive({ starts: { '/start': (job) => (jobs.push(job), once(job.signal, 'abort')) } });
    const served = serve((request, response) => (requests++, receiver(request, response)));
    afterTest(() => served.close());
    const on_start = webhook(`${served.origin}/start`, { group: { max_size: 100 } });
    const { batchId, ids } = await create(MANY, { kind: 'test', on_start });
    await untilRunning(service, ...ids);
    await hookline.stop(batchId);
    await receiver.close();
    expect(jobs.map(({ signal }) => signal.aborted)).toEqual(ids.map(() => true));
    expect(requests).toBeLessThan(MANY);
    expect(errors).toEqual([]);
  });

  it('adds tasks to its own batch, before a task that waits and reads their results', async () => {
    const { url } = receive({
      starts: {
        '/split': async (job) => {
          const maps = new Graph();
          const on_start = (n: number) => webhook(`${url}/map`, { body: { n } });
          for (const n of [1, 2, 3])
            maps.task(`map ${n}`, {
              kind: 'map',
              requires: [job.taskId],
              requiredBy: ['reduce'],
              on_start: on_start(n),
            });
          const first = await job.addTasks(maps, { idempotencyKey: job.taskId });
          expect(await job.addTasks(maps, { idempotencyKey: job.taskId })).toEqual(first);
          expect(first).toMatchObject({ batchId: job.batchId, ids: { 'map 1': expect.any(String) } });
        },
        '/map': (job) => job.result((job.body as { n: number }).n),
        '/reduce': (job) => {
          const maps = Object.values(job.context!.parents).filter(({ kind }) => kind === 'map');
          job.result(maps.reduce((sum, { result }) => sum + Number(result), 0));
        },
      },
    });
    let isFirst = true;
    front.obstacle = ({ method, path }) => {
      if (method !== 'POST' || !/^\/batch\/.*\/task$/.test(path) || !isFirst) return undefined;
      isFirst = false;
      return { status: 503 };
    };
    const graph = new Graph();
    const split = graph.task('split', { kind: 'split', on_start: webhook(`${url}/split`) });
    graph.task('reduce', { kind: 'reduce', requires: [split], on_start: webhook(`${url}/reduce`, { context: true }) });
    const { batchId } = await hookline.create(graph);
    expect(await hookline.waitForBatch(batchId)).toMatchObject({ total_tasks: 5, status_counts: { success: 5 } });
    expect(await hookline.results(batchId)).toEqual({ 'map 1': 1, 'map 2': 2, 'map 3': 3, reduce: 6 });
    expect(errors).toEqual([]);
  });

  it('stores what a handler returns as the result, with the types of its path', async () => {
    type Tasks = { '/start': { body: { n: number }; result: { double: number }; metadata: { by: string } } };
    const double = ({ n }: { n: number }) => ({ double: 2 * n });
    const receiver = createReceiver<Tasks>({
      secrets: SECRET,
      starts: {
        '/start': async (job) => {
          job.result({ double: 0 });
          await job.progress();
          expect(job.context?.task.metadata.by).toBe('test');
          return double(job.body);
        },
      },
    });
    // @ts-expect-error not the result
    createReceiver<Tasks>({ secrets: false, starts: { '/start': (job) => ({ half: job.body.n / 2 }) } });
    // @ts-expect-error no such path
    createReceiver<Tasks>({ secrets: false, starts: { '/stop': () => undefined } });
    const served = serve(receiver);
    afterTest(() => served.close());
    const on_start = webhook<Tasks['/start']['body']>(`${served.origin}/start`, { body: { n: 4 }, context: true });
    const graph = new Graph().add('a', { kind: 'test', on_start, metadata: { by: 'test' } });
    const { batchId, ids } = await hookline.create(graph);
    await hookline.waitForBatch(batchId);
    expect(await hookline.task(ids.a)).toMatchObject({ status: 'Success', result: { double: 8 } });
    const results = await hookline.results<{ a: { double: number } }>(batchId);
    expect(results.a?.double).toBe(8);
  });

  it('gets no results that are not JSON or exceed 64 KiB', async () => {
    const faults: unknown[] = [];
    const { url } = receive({
      starts: {
        '/start': (job) => {
          for (const value of [undefined, () => 1, 'x'.repeat(65_535)])
            try {
              job.result(value);
            } catch (error) {
              faults.push(error);
            }
          job.result('x'.repeat(65_534));
        },
        '/odd': () => () => 0,
        '/set': (job) => (job.fail('It was said'), 7),
      },
    });
    const { batchId, ids } = await create(1, { kind: 'test', on_start: webhook(`${url}/start`) });
    await hookline.waitForBatch(batchId);
    expect(faults).toEqual([expect.any(TypeError), expect.any(TypeError), expect.any(RangeError)]);
    expect((await hookline.task(ids[0])).result).toHaveLength(65_534);
    const others = new Graph()
      .add('odd', { kind: 'test', on_start: webhook(`${url}/odd`) })
      .add('set', { kind: 'test', on_start: webhook(`${url}/set`) });
    const { ids: of } = await hookline.create(others);
    const failed = async (id: string, failure_reason: string) =>
      eventually(async () => expect(await hookline.task(id)).toMatchObject({ failure_reason, result: null }));
    await failed(of.odd, 'A result must be JSON');
    await failed(of.set, 'It was said');
  });
});
