import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Live } from '../../src/live/live';
import { EventListener } from '../support/events';
import { afterTest, startReplica, useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { after, provider, Service, type Task, task } from '../support/service';

const ITEMS = 200;

describe('Live events', () => {
  const service = useService();
  const receiver = useReceiver();

  const listen = async (path: string, { at = service, lastId }: { at?: Service; lastId?: string } = {}) => {
    const listener = await EventListener.open(at.url + path, lastId);
    afterTest(() => listener.close());
    return listener;
  };
  const url = () => receiver.url('/start');
  const lastOf = (listener: EventListener, id: string) =>
    listener
      .of('task')
      .filter((each: { id: string }) => each.id === id)
      .at(-1);

  it('of a batch are the light forms of its tasks, also of those that are added or run again', async () => {
    const { a, b, batch } = await service.create([task('a', url()), task('b', url(), after(['a']))]);
    const other = await service.create([task('a', url())]);
    const listener = await listen(`/batch/${batch}/events`);
    await untilRunning(service, a);
    await service.call('PUT', `/task/${a}`, { new_success: 3 });
    await eventually(() => expect(lastOf(listener, a)).toMatchObject({ status: 'Running', success: 3 }));
    await service.succeed(a);
    await eventually(() => expect(lastOf(listener, b)).toMatchObject({ status: 'Running' }));
    await service.succeed(b);
    await eventually(() => expect(lastOf(listener, b)).toMatchObject({ status: 'Success' }));
    const { body } = await service.call<object[]>('GET', `/task?batch_id=${batch}`);
    expect([lastOf(listener, b), lastOf(listener, a)]).toEqual(body);
    const { body: added } = await service.call<{ id: string }[]>('POST', `/batch/${batch}/task`, [task('c', url())]);
    await service.call('POST', `/task/${b}/rerun`, { downstream: true });
    await eventually(() => expect(lastOf(listener, added[0].id)).toMatchObject({ status: 'Running', attempt: 1 }));
    await eventually(() =>
      expect(lastOf(listener, b)).toMatchObject({ status: 'Running', attempt: 2, ended_at: null }),
    );
    expect(listener.of('task').map(({ batch_id }: { batch_id: string }) => batch_id)).not.toContain(other.batch);
  });

  it('come from every replica, with the fields that the listener asks for', async () => {
    const replica = await startReplica(service);
    const { a, batch } = await replica.create([task('a', url())]);
    const listener = await listen(`/batch/${batch}/events`);
    const asking = await listen(`/batch/${batch}/events?fields=failure_reason`);
    await untilRunning(replica, a);
    await replica.fail(a);
    await eventually(() => expect(lastOf(listener, a)).toMatchObject({ status: 'Failure' }));
    await eventually(() => expect(lastOf(asking, a)).toMatchObject({ status: 'Failure' }));
    expect(lastOf(asking, a)).toEqual({ ...lastOf(listener, a), failure_reason: 'It did not work' });
  });

  it('show the last form of every task, however many change at once', async () => {
    const { batch, ...ids } = await service.create(
      Array.from({ length: ITEMS }, (_, i) => task(String(i), url(), { expected_count: 2 })),
    );
    const listener = await listen(`/batch/${batch}/events`);
    await untilRunning(service, ...Object.values(ids));
    await Promise.all(Object.values(ids).map((id) => service.call('PUT', `/task/${id}`, { new_success: 1 })));
    await Promise.all(Object.values(ids).map((id) => service.succeed(id)));
    await eventually(() => {
      for (const id of Object.values(ids))
        expect(lastOf(listener, id)).toMatchObject({ status: 'Success', success: 1 });
    });
  });

  it('resume after the last one that was seen, on another replica too', async () => {
    const replica = await startReplica(service);
    const { a, b, c, batch } = await service.create(['a', 'b', 'c'].map((id) => task(id, url())));
    await untilRunning(service, a, b, c);
    // Events written during an open transaction, even of another test, may be repeated.
    await eventually(async () => {
      const first = await listen(`/batch/${batch}/events`);
      await service.call('PUT', `/task/${a}`, { new_success: 1 });
      await eventually(() => expect(lastOf(first, a)).toBeDefined(), { timeoutMs: 3000 });
      first.close();
      await service.call('PUT', `/task/${b}`, { new_success: 1 });
      const second = await listen(`/batch/${batch}/events`, { at: replica, lastId: first.lastId });
      await eventually(() => expect(lastOf(second, b)).toBeDefined(), { timeoutMs: 3000 });
      second.close();
      expect(lastOf(second, c)).toBeUndefined();
    });
  });

  it('begin with new events when the id to resume after is invalid', async () => {
    const { a, batch } = await service.create([task('a', url())]);
    await untilRunning(service, a);
    for (const lastId of ['', 'seven', '-1', '9'.repeat(30), '1e3']) {
      expect((await listen(`/batch/${batch}/events`, { lastId })).of('task')).toEqual([]);
    }
  });

  it('of all batches are summaries of those that change', async () => {
    const listener = await listen('/events');
    const { a, batch } = await service.create([task('a', url())]);
    const summary = () => listener.of('batch').filter(({ batch_id }: { batch_id: string }) => batch_id === batch);
    await untilRunning(service, a);
    await service.succeed(a);
    await eventually(() => expect(summary().at(-1)).toMatchObject({ total_tasks: 1, status_counts: { success: 1 } }));
    const { body } = await service.call<{ batch_id: string }[]>('GET', '/batches');
    expect(body).toContainEqual(summary().at(-1));
    const resumed = await listen('/events', { lastId: listener.lastId });
    expect(resumed.of('ready')).toEqual([{}]);
  });

  it('do not wait for a listener that does not read, and later send what it missed', async () => {
    const kind = 'x'.repeat(100);
    const { batch, ...ids } = await service.create(
      Array.from({ length: 3000 }, (_, i) => task(String(i), url(), { kind, name: 'n'.repeat(250), priority: -1 })),
    );
    let text = '';
    const slow = request(`${service.url}/batch/${batch}/events`);
    const answer = await new Promise<NodeJS.ReadableStream & { destroy(): void }>((resolve) =>
      slow.on('response', resolve).end(),
    );
    answer.pause();
    const quick = await listen(`/batch/${batch}/events`);
    await service.call('DELETE', `/batch/${batch}`);
    // A listener that catches up may get an event twice.
    const canceled = () =>
      new Set(quick.of('task').flatMap(({ id, status }: Task) => (status === 'Canceled' ? [id] : [])));
    await eventually(() => expect(canceled().size).toBe(Object.keys(ids).length));
    answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
    answer.resume();
    const missing = () => Object.values(ids).filter((id) => !new RegExp(`"id":"${id}"[^\\n]*Canceled`).test(text));
    await eventually(() => expect(missing()).toEqual([]));
    answer.destroy();
  }, 30_000);

  it('are refused for an unknown batch, and end at once for HEAD', async () => {
    expect((await service.call('GET', `/batch/${randomUUID()}/events`)).status).toBe(404);
    expect((await service.call('GET', '/batch/seven/events')).status).toBe(400);
    expect((await fetch(`${service.url}/events`, { method: 'HEAD' })).status).toBe(200);
  });

  it('end when the service is stopped', async () => {
    const replica = await startReplica(service);
    const listener = await listen('/events', { at: replica });
    await replica.stop();
    await eventually(() => expect(listener.ended).toBe(true));
  });
});

const CONNECTIONS = 30;
const PIPELINED = 60;
const RESETS = 300;

describe('Event streams', () => {
  const service = useService({ WORKER_ENABLED: '0' });
  let batch: string;
  beforeAll(async () => {
    ({ batch } = await service.create([task('a', 'http://localhost:1')]));
  });
  afterEach(() => eventually(() => expect(provider(service, Live).load).toEqual({ listeners: 0, polled: 0 })));

  const opened = async (): Promise<Socket> => {
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1').on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  const get = (path: string, method = 'GET') => `${method} ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
  const many = (count: number, one: () => Promise<void>) => Promise.all(Array.from({ length: count }, one));
  const listening = () => provider(service, Live).load.listeners;

  it.each(['GET', 'HEAD'])('that are pipelined (%s) end along with their connections', async (method) => {
    const paths = ['/events', `/batch/${batch}/events`];
    await many(CONNECTIONS, async () => {
      const socket = (await opened()).resume();
      socket.write(Array.from({ length: PIPELINED }, (_, i) => get(paths[i % 2], i === 0 ? method : 'GET')).join(''));
      await once(socket, 'close');
    });
  });

  it.each(['/events', '/batch/{batch}/events'])(
    'release everything when connections are reset at once (%s)',
    async (path) => {
      await many(RESETS, async () => {
        const socket = await opened();
        await new Promise<void>((resolve) => socket.write(get(path.replace('{batch}', batch)), () => resolve()));
        socket.resetAndDestroy();
      });
      const listener = await EventListener.open(`${service.url}/events`);
      await eventually(() => expect(listening()).toBe(1));
      listener.close();
    },
  );

  it('release everything when clients close after their request', async () => {
    await many(CONNECTIONS, async () => {
      (await opened()).end(get('/events').repeat(PIPELINED));
    });
    const listener = await EventListener.open(`${service.url}/events`);
    await eventually(() => expect(listening()).toBe(1));
    listener.close();
  });

  it.each(['2026-99-99T99:99:99.999Z', '0000-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z', '9'.repeat(18)])(
    'that resume with the id %s do not silence later ones',
    async (lastId) => {
      const paths = ['/events', `/batch/${batch}/events`];
      const first = await Promise.all(paths.map((path) => EventListener.open(service.url + path, lastId)));
      const later = await Promise.all(paths.map((path) => EventListener.open(service.url + path)));
      const { a, batch: created } = await service.create([task('a', 'http://localhost:1')]);
      const inOld = await service.query(
        `UPDATE task SET priority = priority - 1 WHERE batch_id = '${batch}' RETURNING id`,
      );
      expect(a).toBeDefined();
      for (const [all, one] of [later, first]) {
        await eventually(() =>
          expect(all.of('batch').map(({ batch_id }: { batch_id: string }) => batch_id)).toContain(created),
        );
        await eventually(() => expect(one.of('task').map(({ id }: { id: string }) => id)).toContain(inOld[0].id));
      }
      [...first, ...later].forEach((listener) => listener.close());
    },
  );
});
