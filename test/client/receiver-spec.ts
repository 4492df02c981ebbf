import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import {
  createReceiver,
  Graph,
  Hookline,
  type Job,
  type Notification,
  type ReceiverOptions,
  webhook,
} from '../../clients/typescript/src';
import { Front } from '../support/front';
import { Gate } from '../support/gate';
import { allDelivered, untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { Service } from '../support/service';

const SECRETS = [1, 2].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`);

let service: Service;
/** Handles lead through it. */
let front: Front;
let hookline: Hookline;
beforeAll(async () => {
  front = await Front.start();
  service = await Service.start({ HOST_URL: front.url, WEBHOOK_SIGNING_SECRET: SECRETS.join(',') });
  front.target = await service.app.getUrl();
  hookline = new Hookline({ url: front.target });
});
const servers: Server[] = [];
afterEach(async () => {
  front.obstacle = () => undefined;
  await Promise.all(servers.splice(0).map(end));
});
afterAll(async () => {
  await service.stop();
  await front.close();
});

async function end(server: Server): Promise<void> {
  const closed = once(server.close(), 'close');
  server.closeAllConnections();
  await closed;
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const errors: unknown[] = [];
beforeEach(() => errors.splice(0));

async function receive(options: Partial<ReceiverOptions>) {
  const receiver = createReceiver({ secrets: SECRETS[0], onError: (error) => void errors.push(error), ...options });
  return { receiver, url: await serve(receiver) };
}

/** Creates one task that is started at this address. */
async function start(url: string, rest: object = {}, body?: unknown) {
  const graph = new Graph();
  graph.task('a', { kind: 'test', on_start: webhook(url, { body: body as object }), ...rest });
  const { batchId, ids } = await hookline.create(graph);
  return { batchId, id: ids.a! };
}

const ended = (id: string, expected: object) =>
  eventually(async () => expect(await hookline.task(id)).toMatchObject(expected));

describe('A receiver', () => {
  it('works a task, and reports its progress and success', async () => {
    const gate = new Gate();
    const jobs: Job[] = [];
    const { url } = await receive({
      starts: {
        '/start': async (job) => {
          jobs.push(job);
          await job.progress(2, 1);
          await gate.opened;
          job.succeed({ new_success: 3 });
        },
      },
    });
    const { id } = await start(`${url}/start?team=shop`, { expected_count: 6 }, { branch: 'main' });
    await ended(id, { status: 'Running', success: 2, failures: 1 });
    const [job] = jobs;
    expect(job).toMatchObject({ taskId: id, key: `${id}:start`, body: { branch: 'main' } });
    expect(job.query.get('team')).toBe('shop');
    expect(job.headers['x-task-trigger']).toBe('start');
    gate.open();
    await ended(id, { status: 'Success', success: 5, failures: 1 });
    expect(job.signal.aborted).toBe(false);
  });

  it('fails a task with what its handler throws', async () => {
    const { url } = await receive({
      starts: {
        '/error': async (job) => {
          await job.progress();
          throw new Error('The disk is full');
        },
        '/odd': () => {
          // eslint-disable-next-line @typescript-eslint/only-throw-error -- whatever code outside may throw
          throw 'half a \ud800 and \0';
        },
        '/said': (job) => job.fail('It was said', { new_failures: 2 }),
      },
    });
    await ended((await start(`${url}/error`)).id, { status: 'Failure', failure_reason: 'The disk is full', success: 1 });
    await ended((await start(`${url}/odd`)).id, { status: 'Failure', failure_reason: 'half a \ufffd and \ufffd' });
    await ended((await start(`${url}/said`)).id, { status: 'Failure', failure_reason: 'It was said', failures: 2 });
    expect(errors).toEqual([]);
  });

  it('answers with the result if there is one at once, and reports it otherwise', async () => {
    const gate = new Gate();
    const { url } = await receive({
      starts: { '/now': (job) => job.succeed({ new_success: 4 }), '/later': () => gate.opened },
    });
    const now = await start(`${url}/now`);
    await ended(now.id, { status: 'Success', success: 4 });
    expect(front.seen('PATCH', `/task/${now.id}`)).toEqual([]);
    const later = await start(`${url}/later`);
    await untilRunning(service, later.id);
    gate.open();
    await ended(later.id, { status: 'Success' });
    expect(front.seen('PATCH', `/task/${later.id}`)).toHaveLength(1);
  });

  it('takes only the first end of a task', async () => {
    const { url } = await receive({
      starts: {
        '/start': (job) => {
          job.fail('first');
          job.succeed();
          throw new Error('third');
        },
      },
    });
    await ended((await start(`${url}/start`)).id, { status: 'Failure', failure_reason: 'first' });
    expect(errors).toEqual([new Error('third')]);
  });

  it('stops a task that is canceled, and reports nothing on it', async () => {
    const canceled: string[] = [];
    const { receiver, url } = await receive({
      starts: {
        '/start': async (job) => {
          job.onCancel(() => canceled.push(job.taskId));
          await once(job.signal, 'abort');
          job.signal.throwIfAborted();
        },
      },
    });
    const [one, other] = [await start(`${url}/start?secret=1`), await start(`${url}/start`)];
    await untilRunning(service, one.id, other.id);
    await hookline.cancel(one.id);
    await eventually(() => expect(canceled).toEqual([one.id]));
    await hookline.stop(other.batchId);
    await receiver.close();
    expect(canceled).toEqual([one.id, other.id]);
    expect(front.seen('PATCH', /^\/task\//).filter(({ path }) => path.includes(one.id))).toEqual([]);
    expect(await hookline.task(one.id)).toMatchObject({ status: 'Canceled' });
    await allDelivered(service);
    expect(errors).toEqual([]);
  });

  it('hears how tasks and batches ended, again if it failed to listen', async () => {
    const heard: Notification[] = [];
    let fails = true;
    const { url } = await receive({
      starts: { '/well': () => undefined, '/badly': (job) => job.fail('No') },
      notifications: {
        '/told': (notification) => {
          heard.push(notification);
          if (notification.event === 'failure' && fails) {
            fails = false;
            throw new Error('not now');
          }
        },
      },
    });
    const told = webhook(`${url}/told`, { body: { say: 'done' } });
    const graph = new Graph({ on_batch_complete: [told] });
    const rest = { kind: 'test', on_success: [told, told], on_failure: [told] };
    graph.task('a', { ...rest, on_start: webhook(`${url}/well`) });
    graph.task('b', { ...rest, on_start: webhook(`${url}/badly`) });
    const { batchId, ids } = await hookline.create(graph);
    await hookline.waitForBatch(batchId);
    await eventually(() => expect(heard).toHaveLength(5), { timeoutMs: 20_000 });
    const keys = heard.map(({ key }) => key).sort();
    const failure = `${ids.b}:end:failure`;
    const success = `${ids.a}:end:success`;
    expect(keys).toEqual([success, `${success}:1`, failure, failure, `batch:${batchId}:complete`].sort());
    for (const { key, event, body } of heard) {
      expect(key).toContain(event);
      expect(body).toMatchObject({ say: 'done' });
    }
    expect(heard.find(({ event }) => event === 'complete')).toMatchObject({ batchId });
    expect(errors).toEqual([new Error('not now')]);
  });

  it('can be mounted below a path, and leaves other paths to others', async () => {
    const { receiver } = await receive({ starts: { '/start': (job) => job.progress() } });
    const url = await serve((request, response) => {
      // As frameworks do it.
      const whole = request.url!;
      if (!whole.startsWith('/hooks')) return void response.writeHead(418).end();
      Object.assign(request, { originalUrl: whole, url: whole.slice('/hooks'.length) });
      receiver(request, response, () => response.writeHead(404).end('other'));
    });
    await ended((await start(`${url}/hooks/start`)).id, { status: 'Success', success: 1 });
    expect(await (await fetch(`${url}/hooks/unknown`)).text()).toBe('other');
    await ended((await start(`${url}/hooks/unknown`)).id, { failure_reason: expect.stringContaining('404') });
  });
});

describe('A receiver that verifies', () => {
  const ID = '01a20385-0579-772d-b781-92370a992fbd';
  const started: string[] = [];
  let url: string;
  beforeEach(async () => {
    started.splice(0);
    ({ url } = await receive({
      secrets: [SECRETS[1], SECRETS[0]],
      service: front.url,
      starts: { '/start': (job) => (started.push(job.key), undefined) },
    }));
  });

  function call({ secret = SECRETS[0], key = `${ID}:start`, body = '{"a":1}', at = Date.now(), handle = HANDLE(), headers = {} }) {
    const signature = new Webhook(secret).sign(key, new Date(at), '{"a":1}');
    return fetch(`${url}/start?handle=${encodeURIComponent(handle)}`, {
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
  const HANDLE = () => `${front.url}/task/${ID}?token=1`;

  it.each(SECRETS)('takes what any of its secrets has signed', async (secret) => {
    expect((await call({ secret })).status).toBe(200);
    expect(started).toEqual([`${ID}:start`]);
  });

  it.each([
    ['another secret', { secret: `whsec_${Buffer.alloc(32, 9).toString('base64')}` }, 401],
    ['another body', { body: '{"a":2}' }, 401],
    ['no signature', { headers: { 'webhook-signature': '' } }, 401],
    ['a signature of another version', { headers: { 'webhook-signature': 'v2,AAAA' } }, 401],
    ['another key', { headers: { 'webhook-id': `${ID}:start:2` } }, 401],
    ['no time', { headers: { 'webhook-timestamp': 'NaN' } }, 401],
    ['an old signature', { at: Date.now() - 400_000 }, 401],
    ['one from the future', { at: Date.now() + 400_000 }, 401],
    ['a key that is none', { key: 'start' }, 400],
    ['a handle of another service', { handle: `http://elsewhere.example/task/${ID}` }, 400],
    ['a handle of another host that begins alike', { handle: `http://127.0.0.1.example/task/${ID}` }, 400],
    ['a handle of another task', { handle: 'http://127.0.0.1/task/01a20385-0579-772d-b781-92370a992fbe' }, 400],
  ])('refuses a call with %s', async (_, change, status) => {
    expect((await call(change)).status).toBe(status);
    expect(started).toEqual([]);
  });

  it('goes by the signed key, not by one beside it', async () => {
    await call({ headers: { 'idempotency-key': 'other:start' } });
    expect(started).toEqual([`${ID}:start`]);
  });

  it('cannot be made without saying what to verify', () => {
    const options = (secrets: unknown) => ({ secrets }) as ReceiverOptions;
    for (const none of [undefined, '', 'whsec_', 'whsec_AAAA', 'secret', [], [''], `${SECRETS[0]},`])
      expect(() => createReceiver(options(none))).toThrow(TypeError);
    expect(() => createReceiver(options(SECRETS.join(',')))).not.toThrow();
  });

  it('takes a call once, and answers its repetition in the same way', async () => {
    const gate = new Gate();
    const ran: string[] = [];
    ({ url } = await receive({ starts: { '/start': (job) => (ran.push(job.key), gate.opened) } }));
    const answers = await Promise.all([call({}), call({}), call({ secret: SECRETS[0] })]);
    const [first, ...others] = await Promise.all(answers.map((answer) => answer.text()));
    expect(JSON.parse(first)).toEqual({ kind: 'Webhook', params: { url: `${url}/start`, verb: 'Post' } });
    for (const other of others) expect(other).toBe(first);
    expect(ran).toEqual([`${ID}:start`]);
    gate.open();
    // There is no such task: the report finds that, and the call is still known.
    await eventually(() => expect(front.seen('PATCH', `/task/${ID}?token=1`)).not.toEqual([]));
    expect(await (await call({})).text()).toBe(first);
    expect(ran).toEqual([`${ID}:start`]);
  });
});

describe('A receiver without secrets', () => {
  it('takes calls of a service that signs nothing, and refuses what is none', async () => {
    const plain = await Service.start();
    try {
      const { url } = await receive({ secrets: false, starts: { '/start': () => undefined } });
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
    } finally {
      await plain.stop();
    }
  });
});
