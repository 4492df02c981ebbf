import { DeliveryLoop } from '../../src/webhook/delivery.loop';
import { allDelivered, runTask, untilRunning } from '../support/graph';
import { useReceiver, useService } from '../support/fixture';
import { eventually } from '../support/poll';
import type { Call } from '../support/receiver';
import { makeDue } from '../support/rows';
import { after, idsOf, provider, type Task, task, webhook } from '../support/service';

const KIB_64 = 64 * 1024;
/** Returns a text of so many bytes as JSON. */
const ofBytes = (bytes: number) => 'x'.repeat(bytes - 2);

interface Context {
  task: { result?: unknown; [field: string]: unknown };
  parents: Record<string, { id: string; result?: unknown; result_omitted?: true }>;
}
const contextOf = ({ body }: Call) => (body as { hookline: Context }).hookline;
const telling = (url: string, body?: unknown) => ({ ...webhook(url, { body }), context: true });

describe('An action with context', () => {
  const service = useService();
  const receiver = useReceiver();
  let paths = 0;
  const newPath = () => `/${++paths}`;
  const plain = receiver.url('/plain');
  /** Returns the only call of a path. */
  const callOf = async (path: string) => {
    const [call, ...others] = await receiver.waitFor(1, path);
    expect(others).toEqual([]);
    return call;
  };
  const told = (path: string) => telling(receiver.url(path), { branch: 'main' });

  it('adds the task and its parents to the body of its start call, and nothing else', async () => {
    const path = newPath();
    const longest = '\u{1f642}'.repeat(1000);
    const { batch, a, b, c } = await service.create([
      task('a', plain, { name: 'Build', kind: 'build' }),
      task('b', plain),
      task('c', plain, { ...after(['a'], ['b']), metadata: { tag: 1 }, on_start: told(path) }),
    ]);
    await untilRunning(service, a, b);
    await service.report(a, { status: 'Success', result: { files: ['x'] } });
    await service.fail(b, `${longest}!`);
    const { body, headers } = await callOf(path);
    expect(headers['content-type']).toBe('application/json');
    expect(body).toEqual({
      branch: 'main',
      hookline: {
        task: { id: c, local_id: 'c', batch_id: batch, name: 'Task c', kind: 'test', attempt: 1, metadata: { tag: 1 } },
        parents: {
          a: { id: a, name: 'Build', kind: 'build', status: 'Success', failure_reason: null, result: { files: ['x'] } },
          b: { id: b, name: 'Task b', kind: 'test', status: 'Failure', failure_reason: longest, result: null },
        },
      },
    });
  });

  it('makes a body where there is none, and replaces a member of that name', async () => {
    const [path, other] = [newPath(), newPath()];
    await service.create([
      task('a', plain, { on_start: telling(receiver.url(path)) }),
      task('b', plain, { on_start: telling(receiver.url(other), { hookline: 'mine' }) }),
    ]);
    expect(Object.keys((await callOf(path)).body as object)).toEqual(['hookline']);
    expect(contextOf(await callOf(path))).toMatchObject({ task: { local_id: 'a', metadata: null }, parents: {} });
    expect(contextOf(await callOf(other)).task.local_id).toBe('b');
  });

  it('tells the result of the task in its notifications, in its cancel call without one', async () => {
    const [done, failed, canceled] = [newPath(), newPath(), newPath()];
    const { a, b, c } = await service.create([
      task('a', plain, { on_success: [told(done), webhook(plain)] }),
      task('b', plain, { on_failure: [told(failed)] }),
      task('c', receiver.url('/cancelable')),
    ]);
    receiver.reply('/cancelable', { body: [telling(plain, 'no object'), told(canceled)] });
    await untilRunning(service, a, b, c);
    expect((await service.task(c)).actions).toMatchObject([{ trigger: 'Start' }, { trigger: 'Cancel', context: true }]);
    await service.report(a, { status: 'Success', result: false });
    await service.report(b, { status: 'Failure', failure_reason: 'No', result: { at: 3 } });
    await service.call('DELETE', `/task/${c}`);
    expect(contextOf(await callOf(done))).toMatchObject({ task: { id: a, result: false }, parents: {} });
    expect(contextOf(await callOf(failed)).task).toMatchObject({ id: b, attempt: 1, result: { at: 3 } });
    expect(contextOf(await callOf(canceled)).task).toMatchObject({ id: c, attempt: 1, result: null });
  });

  it('passes on any JSON that a receiver reports as result', async () => {
    const path = newPath();
    const results = [0, false, '', [], 'text', { nested: [null] }, null];
    const names = results.map((_, i) => `p${i}`);
    const created = await service.create([
      ...names.map((name) => task(name, plain)),
      task('c', plain, { ...after(names), on_start: told(path) }),
    ]);
    const parents = idsOf(created).slice(0, -1);
    await untilRunning(service, ...parents);
    for (const [i, id] of parents.entries()) {
      expect((await service.report(id, { status: 'Success', result: results[i] })).status).toBe(200);
      expect((await service.task(id)).result).toEqual(results[i]);
    }
    expect(Object.values(contextOf(await callOf(path)).parents).map(({ result }) => result)).toEqual(results);
  });

  it('passes on a result that the receiver answered to the start call', async () => {
    const path = newPath();
    receiver.reply('/at-once', { body: { status: 'Success', result: { n: 1 } } });
    await service.create([
      task('a', receiver.url('/at-once')),
      task('b', plain, { ...after(['a']), on_start: told(path) }),
    ]);
    expect(contextOf(await callOf(path)).parents.a.result).toEqual({ n: 1 });
  });

  it('keeps every digit of numbers in results and metadata', async () => {
    const [path, done] = [newPath(), newPath()];
    const numbers = '[1970670598291982290, 1.10, 0.1000000000000000055]'.replaceAll(' ', '');
    const child = {
      ...after(['a']),
      metadata: 'N',
      on_start: telling(receiver.url(path), 'N'),
      on_success: [told(done)],
    };
    child.on_start.params.body = { n: 'N' };
    const request = JSON.stringify([task('a', plain), task('b', plain, child)]).replaceAll('"N"', numbers);
    const send = async (method: string, at: string, body: string) =>
      fetch(service.url + at, { method, body, headers: { 'content-type': 'application/json' } });
    const created = (await (await send('POST', '/task', request)).json()) as { id: string }[];
    const [a, b] = created.map(({ id }) => id);
    await untilRunning(service, a);
    await send('PATCH', `/task/${a}`, `{"status":"Success","result":{"n":${numbers}}}`);
    const { text } = await callOf(path);
    expect(text.replaceAll(' ', '').split(numbers)).toHaveLength(4);
    await untilRunning(service, b);
    await send('PATCH', `/task/${b}`, '{"status":"Success","result":1.10}');
    expect((await callOf(done)).text).toMatch(/"result" ?: ?1\.10\b/);
  });

  it('leaves out results beyond 1 MiB, those of the parents that were created last', async () => {
    const [path, done] = [newPath(), newPath()];
    const names = Array.from({ length: 19 }, (_, i) => `p${i}`);
    const created = await service.create([
      ...names.map((name) => task(name, plain)),
      task('c', plain, { ...after([...names].reverse()), on_start: told(path), on_success: [told(done)] }),
    ]);
    const parents = idsOf(created).slice(0, -1);
    await untilRunning(service, ...parents);
    const results = names.map((_, i) => (i < 16 ? ofBytes(KIB_64) : i === 16 ? 1 : undefined));
    // The last one to end is not the last one created.
    await Promise.all(
      parents.slice(1).map((id, i) => service.report(id, { status: 'Success', result: results[i + 1] })),
    );
    await service.report(parents[0], { status: 'Success', result: results[0] });
    const atStart = contextOf(await callOf(path)).parents;
    expect(Object.keys(atStart)).toEqual(names);
    expect(names.slice(0, 16).map((name) => atStart[name].result === results[0])).not.toContain(false);
    expect(atStart.p16).toMatchObject({ status: 'Success', result_omitted: true });
    expect(atStart.p16).not.toHaveProperty('result');
    expect(atStart.p17).toMatchObject({ result: null });
    expect(atStart.p17).not.toHaveProperty('result_omitted');

    await untilRunning(service, created.c);
    await service.report(created.c, { status: 'Success', result: 1 });
    const atEnd = contextOf(await callOf(done));
    expect(atEnd.task.result).toBe(1);
    expect(atEnd.parents.p14.result).toBe(results[0]);
    expect(atEnd.parents.p15).toMatchObject({ result_omitted: true });
  });

  it('names a parent by its id where an older one has its local id, or it has none', async () => {
    const path = newPath();
    const older = await runTask(service, plain, { kind: 'shared' });
    await service.report(older.id, { status: 'Success', result: 'older' });
    const dedupe_strategy = [{ kind: 'shared', status: 'Success', fields: [] }];
    const { headers } = await service.call('POST', '/task', [
      task('a', plain),
      task('b', plain, { kind: 'shared', dedupe_strategy, metadata: {} }),
      task('d', plain),
      task('c', plain, { ...after(['a', 'b', 'd']), on_start: told(path) }),
    ]);
    const { body } = await service.call<{ tasks: Task[] }>('GET', `/dag/${headers.get('x-batch-id')!}`);
    const [a, d] = ['a', 'd'].map((id) => body.tasks.find(({ local_id }) => local_id === id)!.id);
    await untilRunning(service, a, d);
    // As created by an earlier version.
    await service.query('UPDATE task_definition SET local_id = NULL WHERE id = $1', [d]);
    await service.report(a, { status: 'Success', result: 'newer' });
    await service.succeed(d);
    const { parents } = contextOf(await callOf(path));
    expect(Object.keys(parents)).toEqual(['a', a, d]);
    expect(parents.a).toMatchObject({ id: older.id, result: 'older' });
    expect(parents[a]).toMatchObject({ id: a, result: 'newer' });
  });

  it('tells each attempt of its own number', async () => {
    const [path, done] = [newPath(), newPath()];
    receiver.reply(path, { status: 503 }, {});
    const retry = { max_attempts: 2, delay_secs: 0 };
    const { a } = await service.create([task('a', plain, { retry, on_start: told(path), on_success: [told(done)] })]);
    const calls = await receiver.waitFor(2, path);
    expect(calls.map((call) => contextOf(call).task.attempt)).toEqual([1, 2]);
    await untilRunning(service, a);
    await service.call('PATCH', `/task/${a}?attempt=2`, { status: 'Success', result: 'second' });
    expect(contextOf(await callOf(done)).task).toMatchObject({ attempt: 2, result: 'second' });
  });

  it('tells a notification that is repeated after a rerun of the attempt that it is about', async () => {
    const path = newPath();
    receiver.reply(path, { status: 500 }, {});
    const { id } = await runTask(service, plain, { on_success: [told(path)] });
    await service.report(id, { status: 'Success', result: 'first' });
    await receiver.waitFor(1, path);
    expect((await service.call('POST', `/task/${id}/rerun`, { downstream: true })).status).toBe(200);
    await eventually(async () =>
      expect(await service.query('SELECT FROM outbox WHERE last_status = 500')).toHaveLength(1),
    );
    await makeDue(service);
    await provider(service, DeliveryLoop).runOnce();
    expect(await service.task(id)).toMatchObject({ attempt: 2, result: null });
    const [, again] = await receiver.waitFor(2, path);
    expect(contextOf(again).task).toMatchObject({ attempt: 1, result: 'first' });
  });

  it('is in the body of each call of a group', async () => {
    const path = newPath();
    const on_start = { ...told(path), group: { max_size: 10 } };
    const { root, ...ids } = await service.create([
      task('root', plain),
      ...['a', 'b'].map((id) => task(id, plain, { ...after(['root']), on_start })),
    ]);
    await untilRunning(service, root);
    await service.report(root, { status: 'Success', result: 7 });
    await untilRunning(service, ids.a, ids.b);
    const calls = receiver
      .received(path)
      .flatMap(({ body }) => (body as { calls: { task_id: string; body: object }[] }).calls);
    expect(calls.map(({ task_id, body }) => [task_id, body]).sort()).toMatchObject(
      [ids.a, ids.b].map((id) => [
        id,
        { branch: 'main', hookline: { task: { id, attempt: 1 }, parents: { root: { id: root, result: 7 } } } },
      ]),
    );
  });

  it('leaves out parents that were removed', async () => {
    const path = newPath();
    receiver.reply(path, { status: 500 });
    const { a, b } = await service.create([
      task('a', plain),
      task('b', plain, { ...after(['a']), on_success: [told(path)] }),
    ]);
    await untilRunning(service, a);
    await service.succeed(a);
    await untilRunning(service, b);
    await service.query(
      `WITH l AS (DELETE FROM link WHERE parent_id = $1), d AS (DELETE FROM task_definition WHERE id = $1)
      DELETE FROM task WHERE id = $1`,
      [a],
    );
    await service.succeed(b);
    expect(contextOf(await callOf(path)).parents).toEqual({});
    await service.query('DELETE FROM outbox');
  });

  it('costs calls without context nothing', async () => {
    const flushes = async () =>
      /hookline_coalescer_flush_items_count\{coalescer="contexts"\} (\d+)/.exec(
        await (await fetch(`${service.url}/metrics`)).text(),
      )?.[1];
    const notifyBy = async (action: object) => {
      const { id } = await runTask(service, plain, { on_success: [action] });
      await service.succeed(id);
      await allDelivered(service);
    };
    await notifyBy(told(newPath()));
    const before = await flushes();
    expect(before).toMatch(/^\d+$/);
    await notifyBy(webhook(plain));
    expect(await flushes()).toBe(before);
  });
});
