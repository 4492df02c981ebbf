import {
  createReceiver,
  Graph,
  Hookline,
  type HooklineOptions,
  type ReceiverOptions,
  webhook,
} from '../../clients/typescript/src';
import { useService } from '../support/fixture';
import { Front } from '../support/front';
import { eventually } from '../support/poll';

describe('The client repeats', () => {
  const service = useService({ WORKER_ENABLED: '0' });
  const front = new Front();
  let hookline: Hookline;
  beforeAll(() => {
    front.target = service.url;
    hookline = new Hookline({ url: front.origin });
  });
  afterEach(() => (front.obstacle = () => undefined));
  afterAll(() => front.close());
  const graph = new Graph().add('a', { kind: 'test', on_start: webhook('http://127.0.0.1:9/start') });
  /** Intercepts the next requests, each in its way. */
  const next = (...obstacles: ReturnType<Front['obstacle']>[]) => (front.obstacle = () => obstacles.shift());

  it('reads while the service is away, as often as it is told', async () => {
    next({ status: 503 }, 'destroy', { status: 429 });
    expect(await hookline.tasks({ kind: 'none' })).toEqual([]);
    front.obstacle = () => ({ status: 503 });
    const twice = new Hookline({ url: front.origin, retries: 1 });
    await expect(twice.batches({ scope: 'away' })).rejects.toMatchObject({ status: 503 });
    expect(front.seen('GET', '/batches?scope=away')).toHaveLength(2);
    front.obstacle = () => ({ status: 400 });
    await expect(hookline.batches({ scope: 'refused' })).rejects.toMatchObject({ status: 400 });
    expect(front.seen('GET', '/batches?scope=refused')).toHaveLength(1);
  });

  it('creations and reruns whose answers are lost, each with one effect', async () => {
    next('lose', 'lose');
    const { batchId, ids } = await hookline.create(graph);
    expect(await hookline.tasks()).toMatchObject([{ id: ids.a, batch_id: batchId }]);
    next('lose');
    const added = await hookline.addTasks(batchId, graph);
    expect((await hookline.dag(batchId)).tasks.map(({ id }) => id)).toEqual([ids.a, added.ids.a]);
    await hookline.cancel(ids.a);
    next('lose');
    expect(await hookline.rerunTask(ids.a)).toMatchObject({ tasks: [{ id: ids.a, attempt: 2 }] });
  });

  it('nothing that may have another effect', async () => {
    const { ids } = await hookline.create(graph);
    next('lose');
    await expect(hookline.cancel(ids.a)).rejects.toMatchObject({ status: 0, isTemporary: true });
    expect(front.seen('DELETE', `/task/${ids.a}`)).toHaveLength(1);
    next({ status: 503 });
    await expect(hookline.count([{ id: ids.a, new_success: 1 }])).rejects.toMatchObject({ status: 503 });
    expect(front.seen('PUT', '/task')).toHaveLength(1);
    next('lose');
    const once = new Hookline({ url: front.origin, retries: 0 });
    await expect(once.create(graph)).rejects.toMatchObject({ status: 0 });
    expect(front.seen('POST', '/task').at(-1)!.headers).not.toHaveProperty('idempotency-key');
  });

  it('not before Retry-After, and not after its signal aborts', async () => {
    front.obstacle = ({ path }) => ({
      status: 503,
      ...(path.includes('patient') && { headers: { 'retry-after': '60' } }),
    });
    const control = new AbortController();
    const patient = hookline.batches({ scope: 'patient' }, { signal: control.signal });
    const refused = expect(patient).rejects.toThrow('enough');
    await eventually(() => expect(front.seen('GET', /patient/)).toHaveLength(1));
    // Without the header, all attempts are over before the next one with it.
    await expect(hookline.batches({ scope: 'quick' })).rejects.toMatchObject({ status: 503 });
    expect(front.seen('GET', /quick/)).toHaveLength(4);
    control.abort(new Error('enough'));
    await refused;
    expect(front.seen('GET', /patient/)).toHaveLength(1);
  });
});

describe('The options of', () => {
  const url = 'http://localhost:8085';

  it.each<[option: string, fault: RegExp, options: Partial<HooklineOptions>]>([
    ['url', /absolute URL/, { url: 'localhost' }],
    ['url', /http/, { url: 'ftp://localhost' }],
    ['url', /query/, { url: `${url}/?a=1` }],
    ['url', /fragment/, { url: `${url}/#a` }],
    ['url', /credentials/, { url: 'http://me:secret@localhost' }],
    ['token', /blank/, { token: ' ' }],
    ['token', /visible ASCII/, { token: 'a-token\n' }],
    ['timeoutMs', /from 1 to/, { timeoutMs: -1 }],
    ['timeoutMs', /from 1 to/, { timeoutMs: NaN }],
    ['retries', /from 0 to/, { retries: -1 }],
  ])('a client are checked when it is made: %s %s', (option, fault, options) => {
    const attempt = () => new Hookline({ url, ...options });
    expect(attempt).toThrow(TypeError);
    expect(attempt).toThrow(new RegExp(`^${option}: .*${fault.source}`));
    expect(attempt).not.toThrow('secret');
  });

  it.each<[option: string, options: Partial<ReceiverOptions>]>([
    ['service', { service: '' }],
    ['url', { url: 'worker.example.com' }],
    ['heartbeatSecs', { heartbeatSecs: 0 }],
    ['toleranceSecs', { toleranceSecs: -1 }],
    ['groupConcurrency', { groupConcurrency: 0 }],
  ])('a receiver are checked when it is made: %s', (option, options) => {
    expect(() => createReceiver({ secrets: false, ...options })).toThrow(new RegExp(`^${option}: `));
  });

  it('a creation are checked before it is sent', async () => {
    const creation = new Hookline({ url }).create(new Graph(), { idempotencyKey: 'two words' });
    await expect(creation).rejects.toThrow(/^idempotencyKey: .*visible ASCII/);
  });
});
