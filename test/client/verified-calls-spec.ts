import { Webhook } from 'standardwebhooks';
import {
  createReceiver,
  Graph,
  Hookline,
  type Job,
  type Receiver as ListeningReceiver,
  type ReceiverOptions,
  webhook,
} from '../../clients/typescript/src';
import { afterTest, startService, useReceiver } from '../support/fixture';
import { Gate } from '../support/gate';
import type { LocalServer } from '../support/local-server';
import { serve } from '../support/serve';

const SECRETS = [1, 2].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`);

describe('A receiver that verifies', () => {
  const ID = '01a20385-0579-772d-b781-92370a992fbd';
  const jobs: Job[] = [];
  const told: string[] = [];
  const started = () => jobs.map(({ key }) => key);
  const aborted = () => jobs.map(({ signal }) => signal.aborted);
  /** Which jobs were aborted when the last one began. */
  let abortedBefore: boolean[];
  let gate: Gate;
  /** Stands for the service: handles lead to it. */
  const hookline = useReceiver();
  let receiver: ListeningReceiver;
  let served: LocalServer;
  beforeEach(() => {
    jobs.splice(0);
    told.splice(0);
    gate = new Gate();
    receiver = createReceiver({
      secrets: [SECRETS[1], SECRETS[0]],
      service: hookline.url(''),
      starts: {
        '/start': (job) => ((abortedBefore = aborted()), jobs.push(job), gate.opened),
        '/fails': (job) => (jobs.push(job), job.fail('No')),
        '/large': (job) => job.result('x'.repeat(2000)),
      },
      groups: {
        '/together': (given) => {
          jobs.push(...given);
          given[0].result('first');
          given[1]?.fail('second');
        },
      },
      notifications: {
        '/told': ({ event, key }) => {
          told.push(key);
          if (event === 'failure') throw new Error('not now');
        },
      },
      onError: () => undefined,
    });
    served = serve(receiver);
  });
  afterEach(async () => {
    gate.open();
    await receiver.close();
    await served.close();
  });

  function call({
    secret = SECRETS[0],
    key = `${ID}:start`,
    body = '{"a":1}',
    at = Date.now(),
    handle = HANDLE(),
    headers = {},
  }) {
    const signature = new Webhook(secret).sign(key, new Date(at), '{"a":1}');
    return fetch(`${served.origin}/start?handle=${encodeURIComponent(handle)}`, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'idempotency-key': key,
        'webhook-id': key,
        'webhook-timestamp': String(Math.floor(at / 1000)),
        'webhook-signature': signature,
        ...headers,
      },
    });
  }
  function HANDLE(attempt = 1): string {
    return `${hookline.url('')}/task/${ID}?${attempt > 1 ? `attempt=${attempt}&` : ''}token=1`;
  }
  const start = (attempt: number) => call({ key: `${ID}:attempt-${attempt}:start`, handle: HANDLE(attempt) });

  it.each(SECRETS)('accepts calls signed with any of its secrets', async (secret) => {
    expect((await call({ secret })).status).toBe(200);
    expect(started()).toEqual([`${ID}:start`]);
  });

  it.each([
    ['another secret', { secret: `whsec_${Buffer.alloc(32, 9).toString('base64')}` }, 401],
    ['another body', { body: '{"a":2}' }, 401],
    ['no signature', { headers: { 'webhook-signature': '' } }, 401],
    ['a signature of another version', { headers: { 'webhook-signature': 'v2,AAAA' } }, 401],
    ['another key', { headers: { 'webhook-id': `${ID}:start:2` } }, 401],
    ['no time', { headers: { 'webhook-timestamp': 'NaN' } }, 401],
    ['an old signature', { at: Date.now() - 400_000 }, 401],
    ['a future signature', { at: Date.now() + 400_000 }, 401],
    ['an invalid key', { key: 'start' }, 400],
    ['a handle of another service', { handle: `http://elsewhere.example/task/${ID}` }, 400],
    ['a handle of another host that begins alike', { handle: `http://127.0.0.1.example/task/${ID}` }, 400],
    ['a handle of another attempt', { handle: HANDLE(2) }, 400],
    ['a handle of the first attempt', { key: `${ID}:attempt-2:start` }, 400],
    ['a handle of another task', { handle: 'http://127.0.0.1/task/01a20385-0579-772d-b781-92370a992fbe' }, 400],
  ])('refuses a call with %s', async (_, change, status) => {
    expect((await call(change)).status).toBe(status);
    expect(started()).toEqual([]);
  });

  it('uses the signed key, not the one beside it', async () => {
    await call({ headers: { 'idempotency-key': 'other:start' } });
    expect(started()).toEqual([`${ID}:start`]);
  });

  it('stops the attempt that a cancel call names, and none that has begun since', async () => {
    await start(2);
    expect(jobs).toMatchObject([{ attempt: 2, handle: HANDLE(2) }]);
    expect((await call({ key: `${ID}:cancel` })).status).toBe(200);
    expect(aborted()).toEqual([false]);
    expect((await call({ key: `${ID}:attempt-2:cancel:1`, handle: HANDLE(2) })).status).toBe(200);
    expect(aborted()).toEqual([true]);
  });

  it('stops an earlier attempt before it begins a later one, and begins no earlier one beside it', async () => {
    await call({});
    await start(3);
    expect([abortedBefore, aborted()]).toEqual([[true], [true, false]]);
    expect((await start(2)).status).toBe(409);
    expect(jobs.map(({ attempt }) => attempt)).toEqual([1, 3]);
  });

  it('leaves an earlier attempt alone that has ended and is reporting', async () => {
    const before = hookline.received().length;
    const report = new Gate();
    hookline.reply(`/task/${ID}`, { after: report.opened });
    await call({});
    gate.open();
    await hookline.waitFor(before + 1);
    await start(2);
    report.open();
    expect(abortedBefore).toEqual([false]);
  });

  const TASKS = [1, 2, 3, 4].map((n) => `01a20385-0579-772d-b781-92370a992f0${n}`);
  const entry = (id: string, end = 'start') => ({
    key: `${id}:${end}`,
    trigger: 'start',
    task_id: id,
    batch_id: ID,
    attempt: 1,
    handle: `${hookline.url('')}/task/${id}?token=${id}`,
  });

  function group(path: string, calls: object[], { signed = calls, status = 200 } = {}): Promise<Call[]> {
    const key = 'group:5b1f';
    const at = new Date();
    return fetch(served.origin + path, {
      method: 'POST',
      body: JSON.stringify({ calls }),
      headers: {
        'content-type': 'application/json',
        'x-hookline-group': String(calls.length),
        'webhook-id': key,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': new Webhook(SECRETS[0]).sign(key, at, JSON.stringify({ calls: signed })),
      },
    }).then(async (answer) => {
      expect(answer.status).toBe(status);
      return ((await answer.json()) as { results: Call[] }).results;
    });
  }
  type Call = { key: string; kind?: string; status?: string; refused?: string; result?: unknown };

  it('begins each task of a group once, also if another group repeats some of them', async () => {
    const [a, b, c] = TASKS.map((id) => entry(id));
    const first = await group('/start', [{ ...a, body: { n: 1 }, traceparent: 'of a' }, b]);
    expect(first).toMatchObject([
      { key: a.key, kind: 'Webhook', params: { url: `${served.origin}/start` } },
      { key: b.key, kind: 'Webhook' },
    ]);
    const second = await group('/start', [b, c]);
    expect(second[0]).toEqual(first[1]);
    expect(started()).toEqual([a.key, b.key, c.key]);
    expect(jobs[0]).toMatchObject({ body: { n: 1 }, batchId: ID, handle: a.handle, headers: { traceparent: 'of a' } });
    await group('/start', [entry(TASKS[1], 'cancel'), entry(TASKS[2], 'cancel')]);
    expect(aborted()).toEqual([false, true, true]);
  });

  it('answers a group with the results that exist at once and fit, and reports the others', async () => {
    const [a, b] = TASKS.map((id) => entry(id));
    expect(await group('/fails', [a, b])).toEqual([
      { key: a.key, status: 'Failure', failure_reason: 'No' },
      { key: b.key, status: 'Failure', failure_reason: 'No' },
    ]);
    const before = hookline.received().length;
    const [c] = TASKS.slice(2).map((id) => entry(id));
    expect(await group('/large', [c])).toMatchObject([{ key: c.key, kind: 'Webhook' }]);
    const [report] = (await hookline.waitFor(before + 1)).slice(before);
    expect(report.body).toEqual({ status: 'Success', result: 'x'.repeat(2000) });
  });

  it('refuses tasks of a group of which a later attempt is running, and all when it is shut down', async () => {
    const [a, b] = TASKS.map((id) => entry(id));
    const later = { ...a, key: `${TASKS[0]}:attempt-2:start`, handle: `${a.handle}&attempt=2` };
    await group('/start', [later]);
    const [first, second] = await group('/start', [a, b]);
    expect(first).toEqual({ key: a.key, refused: 'A later attempt is running' });
    expect(second).toMatchObject({ key: b.key, kind: 'Webhook' });
    void receiver.close();
    const other = entry(TASKS[2]);
    expect(await group('/start', [other])).toEqual([
      { key: other.key, refused: expect.stringContaining('shutting down') },
    ]);
  });

  it('hands the new tasks of a group to a handler of groups, and a lone task too', async () => {
    const [a, b, c, d] = TASKS.map((id) => entry(id));
    expect(await group('/together', [a, b, c])).toEqual([
      { key: a.key, status: 'Success', result: 'first' },
      { key: b.key, status: 'Failure', failure_reason: 'second' },
      { key: c.key, status: 'Success' },
    ]);
    await group('/together', [c, d]);
    expect(started()).toEqual([a, b, c, d].map(({ key }) => key));
  });

  it('refuses those notifications of a group whose handlers fail, and handles them again', async () => {
    const [a, b] = [entry(TASKS[0], 'end:success'), entry(TASKS[1], 'end:failure')];
    const done = { key: `batch:${ID}:complete:2`, trigger: 'batch_complete', batch_id: ID };
    const refused = [{ key: b.key, refused: 'The call failed' }];
    expect(await group('/told', [a, b, done])).toEqual(refused);
    expect(await group('/told', [a, b])).toEqual(refused);
    expect(told).toEqual([a.key, b.key, done.key, b.key]);
  });

  it('refuses a group that was changed, names another service or has no calls', async () => {
    const [a, b] = TASKS.map((id) => entry(id));
    await group('/start', [a, b], { signed: [a], status: 401 });
    await group('/start', [{ ...a, handle: `http://elsewhere.example/task/${TASKS[0]}` }], { status: 400 });
    await group('/start', 'none' as never, { status: 400 });
    expect(started()).toEqual([]);
  });

  it('cannot be created without secrets', () => {
    const options = (secrets: unknown) => ({ secrets }) as ReceiverOptions;
    for (const none of [undefined, '', 'whsec_', 'whsec_AAAA', 'secret', [], [''], `${SECRETS[0]},`])
      expect(() => createReceiver(options(none))).toThrow(TypeError);
    expect(() => createReceiver(options(SECRETS.join(',')))).not.toThrow();
  });

  it('starts a repeated call once, and repeats the answer', async () => {
    const before = hookline.received().length;
    const answers = await Promise.all([call({}), call({}), call({ secret: SECRETS[1] })]);
    const [first, ...others] = await Promise.all(answers.map((answer) => answer.text()));
    expect(JSON.parse(first)).toEqual({ kind: 'Webhook', params: { url: `${served.origin}/start`, verb: 'Post' } });
    for (const other of others) expect(other).toBe(first);
    gate.open();
    await receiver.close();
    expect(await (await call({})).text()).toBe(first);
    expect(started()).toEqual([`${ID}:start`]);
    expect(hookline.received().slice(before)).toMatchObject([{ method: 'PATCH', body: { status: 'Success' } }]);
  });
});

describe('A receiver without secrets', () => {
  it('accepts calls of a service that signs nothing, and refuses invalid ones', async () => {
    const plain = await startService();
    const served = serve(createReceiver({ secrets: false, starts: { '/start': () => undefined } }));
    afterTest(() => served.close());
    const url = served.origin;
    const client = new Hookline({ url: plain.url });
    const graph = new Graph();
    graph.task('a', { kind: 'test', on_start: webhook(`${url}/start`) });
    const { batchId } = await client.create(graph);
    expect(await client.waitForBatch(batchId)).toMatchObject({ status_counts: { success: 1 } });
    const post = (headers: Record<string, string>, body = '') =>
      fetch(`${url}/start?handle=x`, { method: 'POST', body, headers });
    expect((await post({})).status).toBe(400);
    expect((await post({ 'content-type': 'application/json' }, '{')).status).toBe(400);
    expect((await fetch(`${url}/constructor`, { method: 'POST' })).status).toBe(404);
  });
});
