import { VERBS } from '../../src/domain/action';
import { startReceiver, useReceiver, useService } from '../support/fixture';
import { Gate } from '../support/gate';
import { eventually } from '../support/poll';
import type { Script } from '../support/receiver';
import { after, task, type Task, webhook } from '../support/service';
import { StuckServer } from '../support/strange-servers';

describe('on_start', () => {
  const receiver = useReceiver();
  const service = useService({ WEBHOOK_TIMEOUT_SECS: '1', WORKER_WEBHOOK_CONCURRENCY: '1' });

  let paths = 0;
  /** Returns a path that no other test uses. */
  const path = (...scripts: Script[]) => {
    const name = `/${++paths}`;
    if (scripts.length > 0) receiver.reply(name, ...scripts);
    return name;
  };

  const settled = (id: string) =>
    eventually(
      async () => {
        const task = await service.task(id);
        expect(['Pending', 'Claimed']).not.toContain(task.status);
        return task;
      },
      { timeoutMs: 5_000 },
    );

  /** Creates a task with this action, and returns it once its start result is recorded. */
  const started = async (url: string, params: Parameters<typeof webhook>[1] = {}, rest: object = {}): Promise<Task> => {
    const { a } = await service.create([task('a', url, { on_start: webhook(url, params), ...rest })]);
    return settled(a);
  };

  describe('that is accepted', () => {
    it.each([200, 201, 202, 204, 299])('with %i makes the task run', async (status) => {
      const before = await started(receiver.url(path({ status })));
      expect(before).toMatchObject({ status: 'Running', failure_reason: null, ended_at: null });
      expect(Date.parse(before.started_at as string)).toBeGreaterThanOrEqual(Date.parse(before.created_at as string));
    });
  });

  describe('fails the task', () => {
    const failed = async (url: string) => {
      const task = await started(url);
      expect(task).toMatchObject({ status: 'Failure', started_at: null });
      expect(task.ended_at).not.toBeNull();
      // Clients see the reason, so it reveals nothing internal.
      expect(task.failure_reason).toMatch(/^on_start webhook failed: [a-z]/);
      expect(task.failure_reason).not.toMatch(/127\.0\.0\.1|invalid|\/\d/);
      return task.failure_reason;
    };

    it.each([400, 404, 429, 500, 503])('when the answer is %i', async (status) => {
      expect(await failed(receiver.url(path({ status })))).toBe(`on_start webhook failed: answered ${status}`);
    });

    it.each([301, 302, 303, 307, 308])('when the answer is the redirect %i, which is not followed', async (status) => {
      const target = path();
      const reason = await failed(receiver.url(path({ status, headers: { location: receiver.url(target) } })));
      expect(reason).toContain(String(status));
      expect(receiver.received(target)).toEqual([]);
    });

    it('when no answer comes in time', async () => {
      expect(await failed(receiver.url(path('silence')))).toMatch(/did not answer within 1 s/);
    });

    it('when the answer drips beyond the timeout', async () => {
      expect(await failed(receiver.url(path('drip')))).toMatch(/did not answer within 1 s/);
    });

    it('when no connection is made in time', async () => {
      const stuck = await StuckServer.start();
      try {
        expect(await failed(stuck.url)).toMatch(/did not answer within 1 s/);
      } finally {
        stuck.close();
      }
    });

    it('when the connection is cut', async () => {
      expect(await failed(receiver.url(path('destroy')))).toMatch(/: call failed/);
    });

    it('when nothing listens there', async () => {
      const gone = startReceiver();
      await gone.close();
      expect(await failed(gone.url('/'))).toMatch(/refused the connection/);
    });

    it('when the host does not exist', async () => {
      expect(await failed('http://receiver.invalid/start')).toMatch(/host was not found/);
    });

    it('and calls on_failure', async () => {
      const [start, failure] = [path({ status: 500 }), path()];
      const { id } = await started(receiver.url(start), {}, { on_failure: [webhook(receiver.url(failure))] });
      const [call] = await receiver.waitFor(1, failure);
      expect(call.headers).toMatchObject({ 'idempotency-key': `${id}:end:failure`, 'x-task-trigger': 'end' });
    });
  });

  describe('is a request that', () => {
    /** Starts a task with this action, and returns the call that its receiver got. */
    const call = async (target: string, params: Parameters<typeof webhook>[1] = {}) => {
      const { id, status } = await started(receiver.url(target), params);
      expect(status).toBe('Running');
      const [call, ...more] = receiver.received(({ headers }) => headers['x-task-id'] === id);
      expect(more).toEqual([]);
      return { ...call, id, handle: `${service.url}/task/${id}` };
    };

    it.each(VERBS)('has the verb %s and the body', async (verb) => {
      const { method, body } = await call(path(), { verb, body: { n: 1 } });
      expect({ method, body }).toEqual({ method: verb.toUpperCase(), body: { n: 1 } });
    });

    it.each([
      ['', ''],
      ['?', ''],
      ['?a=1&b=2', 'a=1&b=2'],
      ['?a=1&a=2&', 'a=1&a=2'],
      ['#part', ''],
      ['?q=%C3%BC%26%20+x#part?no', 'q=%C3%BC%26%20+x'],
      ['?q=ü x', 'q=%C3%BC%20x'],
      ['?flag', 'flag'],
      ['?handle=mine', ''],
      ['?handle=mine&a=1&handle=mine%20too#handle=3', 'a=1'],
      ['?a=1&h%61ndle=mine', 'a=1'],
      ['?handle&Handle=mine&+handle=mine&handle[]=mine&handle%5B0%5D=mine&b=handle', 'b=handle'],
      ['?handles=1&my_handle=2&handle.x=3', 'handles=1&my_handle=2&handle.x=3'],
    ])('keeps the query %j and adds the handle', async (suffix, given) => {
      const { query, handle } = await call(path() + suffix);
      const expected = new URLSearchParams(given);
      expected.append('handle', handle);
      expect([...query]).toEqual([...expected]);
    });

    it('has a handle that leads back to the task', async () => {
      const { id, query } = await call(path());
      const answer = await fetch(query.get('handle')!);
      expect(await answer.json()).toMatchObject({ id, status: 'Running' });
    });

    it('names its task, its trigger and its key', async () => {
      const { id, headers } = await call(path());
      expect(headers).toMatchObject({
        'idempotency-key': `${id}:start`,
        'x-task-id': id,
        'x-task-trigger': 'start',
      });
    });

    it.each([
      [{ z: 1, a: { y: [1, 'two', null, { deep: true }], b: {} }, m: -0.5 }],
      [{ text: 'Grüße, 世界 😀 "quoted" \\ \n' }],
      [{ constructor: 1, toString: { hasOwnProperty: null } }],
      [[1, [2, [3]]]],
      ['text'],
      [0],
      [false],
    ])('has the body %j as given', async (body) => {
      const call_ = await call(path(), { body });
      expect(JSON.stringify(call_.body)).toBe(JSON.stringify(body));
      expect(call_.headers['content-type']).toBe('application/json');
    });

    it('has no body if none was given', async () => {
      const { body, headers } = await call(path());
      expect(body).toBeUndefined();
      expect(headers['content-type']).toBeUndefined();
    });

    it('has the headers that were given', async () => {
      const { headers } = await call(path(), {
        body: {},
        headers: {
          'X-Team': 'shop',
          Authorization: 'Bearer secret',
          'content-type': 'application/vnd.shop+json',
          'x-place': 'caf\u00e9',
        },
      });
      expect(headers).toMatchObject({
        'x-team': 'shop',
        authorization: 'Bearer secret',
        'content-type': 'application/vnd.shop+json',
        'x-place': 'caf\u00e9',
      });
    });

    it('has the credentials of its URL', async () => {
      const url = new URL(receiver.url(path()));
      [url.username, url.password] = ['shop', 'pass:w@rd'];
      const { id } = await started(url.href);
      const [{ headers }] = receiver.received((call) => call.headers['x-task-id'] === id);
      expect(headers.authorization).toBe(`Basic ${Buffer.from('shop:pass:w@rd').toString('base64')}`);
    });

    it('keeps its own headers when an action sets them too', async () => {
      const { id, headers, body } = await call(path(), {
        headers: {
          'Idempotency-Key': 'mine',
          'x-task-id': 'another',
          'X-TASK-TRIGGER': 'end',
          Host: 'elsewhere',
          'Content-Length': '1',
          'Transfer-Encoding': 'chunked',
          Connection: 'upgrade',
          Expect: '100-continue',
        },
        body: { whole: true },
      });
      expect(body).toEqual({ whole: true });
      expect(headers).toMatchObject({
        'idempotency-key': `${id}:start`,
        'x-task-id': id,
        'x-task-trigger': 'start',
        host: new URL(receiver.url('/')).host,
      });
      expect(headers).not.toHaveProperty('expect');
    });
  });

  describe('of several tasks', () => {
    it('is called in the order of priority, age and id', async () => {
      const gate = new Gate();
      const [first, rest] = [path({ after: gate.opened }), path()];
      await service.create([task('first', receiver.url(first))]);
      await receiver.waitFor(1, first);
      const create = (id: string, priority?: number) => service.create([task(id, receiver.url(rest), { priority })]);
      const low = await create('a', -1);
      const older = await create('a');
      const high = await create('a', 1000);
      const younger = await service.create(['a', 'b', 'c'].map((id) => task(id, receiver.url(rest))));
      gate.open();
      const order = (await receiver.waitFor(6, rest)).map(({ headers }) => headers['x-task-id']);
      expect(order).toEqual([high.a, older.a, younger.a, younger.b, younger.c, low.a]);
    });

    it('is called in the same order when a parent releases them', async () => {
      const [first, rest] = [path(), path()];
      const child = (id: string, priority: number) => task(id, receiver.url(rest), { priority, ...after(['parent']) });
      const ids = await service.create([
        task('parent', receiver.url(first)),
        child('low', -1),
        child('older', 0),
        child('younger', 0),
        child('high', 1),
      ]);
      await receiver.waitFor(1, first);
      await service.succeed(ids.parent);
      const order = (await receiver.waitFor(4, rest)).map(({ headers }) => headers['x-task-id']);
      expect(order).toEqual([ids.high, ids.older, ids.younger, ids.low]);
    });
  });
});
