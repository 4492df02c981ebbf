import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import {
  createReceiver,
  Graph,
  Hookline,
  type Job,
  NonRetryable,
  type Notification,
  type ReceiverOptions,
  RetryAfter,
  webhook,
} from '../../clients/typescript/src';
import { TimeoutLoop } from '../../src/task/finish/timeout.loop';
import { Front } from '../support/front';
import { Gate } from '../support/gate';
import { allDelivered, untilRunning } from '../support/graph';
import type { LocalServer } from '../support/local-server';
import { eventually } from '../support/poll';
import { age } from '../support/rows';
import { serve } from '../support/serve';
import { provider, Service } from '../support/service';

const SECRETS = [1, 2].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`);

let service: Service;
/** Handles lead through this proxy. */
let front: Front;
let hookline: Hookline;
beforeAll(async () => {
  front = new Front();
  service = await Service.start({ HOST_URL: front.origin, WEBHOOK_SIGNING_SECRET: SECRETS.join(',') });
  front.target = await service.app.getUrl();
  hookline = new Hookline({ url: front.target });
});
const served: LocalServer[] = [];
const errors: unknown[] = [];
beforeEach(() => errors.splice(0));
afterEach(async () => {
  await Promise.all(served.splice(0).map((one) => one.close()));
});
afterAll(async () => {
  await service.stop();
  await front.close();
});

function at(listener: RequestListener): string {
  const one = serve(listener);
  served.push(one);
  return one.origin;
}

function receive(options: Partial<ReceiverOptions>) {
  const receiver = createReceiver({ secrets: SECRETS[0], onError: (error) => void errors.push(error), ...options });
  return { receiver, url: at(receiver) };
}

/** Creates a task with this start URL. */
async function start(url: string, rest: object = {}, body?: Record<string, unknown>) {
  const graph = new Graph();
  graph.task('a', { kind: 'test', on_start: webhook(url, { body }), ...rest });
  const { batchId, ids } = await hookline.create(graph);
  return { batchId, id: ids.a! };
}

const ended = (id: string, expected: object) =>
  eventually(async () => expect(await hookline.task(id)).toMatchObject(expected));

describe('A receiver', () => {
  it('works on a task, and reports its progress and success', async () => {
    const gate = new Gate();
    const jobs: Job[] = [];
    const { url } = receive({
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

  it('fails a task with the error of its handler', async () => {
    const { url } = receive({
      starts: {
        '/error': async (job) => {
          await job.progress();
          throw new Error('The disk is full');
        },
        '/odd': (job) => job.fail('half a \ud800 and \0'),
        '/said': (job) => job.fail('It was said', { new_failures: 2 }),
        '/blank': () => Promise.reject(new Error(' \n\ufeff')),
        '/long': (job) => job.fail('\u{1f600}'.repeat(70_000)),
        '/bare': (job) => job.fail(Object.create(null)),
      },
    });
    await ended((await start(`${url}/error`)).id, { failure_reason: 'The disk is full', success: 1 });
    await ended((await start(`${url}/odd`)).id, { status: 'Failure', failure_reason: 'half a \ufffd and \ufffd' });
    await ended((await start(`${url}/said`)).id, { status: 'Failure', failure_reason: 'It was said', failures: 2 });
    for (const path of ['/blank', '/bare'])
      await ended((await start(url + path)).id, { failure_reason: 'The work failed without a reason' });
    await ended((await start(`${url}/long`)).id, { failure_reason: expect.stringMatching(/^\u{1f600}{65536}$/u) });
    expect(errors).toEqual([]);
  });

  it('works on a task again after its failure, and reports on the new attempt', async () => {
    const { url } = receive({
      starts: {
        '/start': async (job) => {
          await job.progress(job.attempt);
          if (job.attempt === 1) throw new Error('Not yet');
        },
      },
    });
    const { id } = await start(`${url}/start`, { retry: { max_attempts: 3, delay_secs: 0 } });
    await ended(id, { status: 'Success', attempt: 2, success: 2 });
    expect(front.seen('PATCH', `/task/${id}?attempt=2`)).toHaveLength(1);
    expect(await hookline.attempts(id)).toMatchObject([
      { attempt: 2, status: 'Success', success: 2 },
      { attempt: 1, status: 'Failure', failure_reason: 'Not yet', success: 1 },
    ]);
    expect(errors).toEqual([]);
  });

  it('stops an attempt that was silent too long, and works on the next one', async () => {
    const gate = new Gate();
    const jobs: Job[] = [];
    const { url } = receive({ starts: { '/start': (job) => (jobs.push(job), gate.opened) } });
    const { id } = await start(`${url}/start`, { timeout: 50, retry: { max_attempts: 2, delay_secs: 0 } });
    await untilRunning(service, id);
    await age(service, id, 51);
    await provider(service, TimeoutLoop).runOnce();
    await ended(id, { status: 'Running', attempt: 2 });
    expect(jobs.map(({ attempt, signal }) => [attempt, signal.aborted])).toEqual([
      [1, true],
      [2, false],
    ]);
    expect((jobs[0].signal.reason as Error).message).toBe('The work was canceled');
    gate.open();
    await ended(id, { status: 'Success', attempt: 2 });
    expect(errors).toEqual([]);
  });

  it('ends a task whose failure cannot be retried, and sets the pause before the next attempt', async () => {
    const { url } = receive({
      starts: {
        '/never': () => {
          throw new NonRetryable('There is no such branch', { cause: new Error('404') });
        },
        '/never-again': async (job) => {
          await job.progress();
          throw new NonRetryable('There is no such branch');
        },
        '/later': (job) => job.fail(new RetryAfter('The registry is busy', 99.5)),
      },
    });
    const retry = { max_attempts: 3, delay_secs: 0 };
    for (const path of ['/never', '/never-again']) {
      const { id } = await start(url + path, { retry });
      await ended(id, { status: 'Failure', attempt: 1, failure_reason: 'There is no such branch' });
    }
    const { id } = await start(`${url}/later`, { retry });
    await ended(id, { status: 'Pending', attempt: 2 });
    const [, first] = await hookline.attempts(id);
    expect(first).toMatchObject({ status: 'Failure', failure_reason: 'The registry is busy' });
    expect(Date.parse((await hookline.task(id)).run_at!) - Date.parse(first.ended_at!)).toBe(100_000);
  });

  it('limits the pause that it asks for to what the service accepts', () => {
    expect([-1, 0.1, 1e9].map((seconds) => new RetryAfter('', seconds).seconds)).toEqual([0, 1, 604_800]);
  });

  it('answers with a result that exists at once, and reports a later one', async () => {
    const gate = new Gate();
    const { url } = receive({
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

  it('reports only the first end of a task', async () => {
    const { url } = receive({
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

  it('reports a result even if onError throws', async () => {
    const onError = jest.fn(() => {
      throw new Error('of the listener');
    });
    const { url } = receive({ onError, starts: { '/start': (job) => job.progress(1) } });
    front.obstacle = ({ method }) => (method === 'PUT' ? { status: 400 } : undefined);
    try {
      const { id } = await start(`${url}/start`);
      await ended(id, { status: 'Success' });
    } finally {
      front.obstacle = () => undefined;
    }
    expect(onError).toHaveBeenCalled();
  });

  it('stops a task that is canceled, and reports nothing on it', async () => {
    const canceled: string[] = [];
    const { receiver, url } = receive({
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

  it('receives the ends of tasks and batches, again if its handler failed', async () => {
    const heard: Notification[] = [];
    let fails = true;
    const { url } = receive({
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

  it('can be mounted below a path, and leaves other paths alone', async () => {
    const { receiver } = receive({ starts: { '/start': (job) => job.progress() } });
    const url = at((request, response) => {
      // As frameworks do.
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
