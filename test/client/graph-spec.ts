import { type Created, Graph, Hookline, HooklineError, webhook } from '../../clients/typescript/src';
import { useReceiver, useService } from '../support/fixture';

const work = { kind: 'test', on_start: webhook('http://127.0.0.1:9/start') };

describe('A graph', () => {
  it('is written as the service expects it', () => {
    const graph = new Graph({ scope: 'shop', metadata: { by: 'test' } });
    const a = graph.task('a', work);
    const runAt = new Date('2026-01-06T03:00:00+01:00');
    const b = graph.task('b', { ...work, name: 'The second', priority: 3, retry: { max_attempts: 3 }, runAt });
    graph.task('c', { ...work, requires: [a], after: [b], delay: 60 });
    expect(JSON.parse(JSON.stringify(graph))).toEqual({
      scope: 'shop',
      metadata: { by: 'test' },
      tasks: [
        { ...work, id: 'a', name: 'a' },
        {
          ...work,
          id: 'b',
          name: 'The second',
          priority: 3,
          retry: { max_attempts: 3 },
          run_at: '2026-01-06T02:00:00.000Z',
        },
        {
          ...work,
          id: 'c',
          name: 'c',
          delay_secs: 60,
          dependencies: [
            { id: 'a', requires_success: true },
            { id: 'b', requires_success: false },
          ],
        },
      ],
    });
  });

  it('names existing tasks that it depends on, and that wait for it', () => {
    const [before, after, child] = [1, 2, 3].map((n) => `01a20385-0579-772d-b781-92370a992fb${n}`);
    const graph = new Graph();
    graph.task('a', { ...work, requires: [before], after: [after], requiredBy: [child], before: ['reduce'] });
    expect(graph.toJSON().tasks).toEqual([
      {
        ...work,
        id: 'a',
        name: 'a',
        dependencies: [
          { id: before, requires_success: true },
          { id: after, requires_success: false },
        ],
        before: [
          { id: child, requires_success: true },
          { id: 'reduce', requires_success: false },
        ],
      },
    ]);
    expect(() => graph.task('b', { ...work, requiredBy: [child], before: [child] })).toThrow(
      `"b" names "${child}" twice`,
    );
  });

  it('refuses dependencies outside of it, repeated local ids and invalid dates', () => {
    const graph = new Graph();
    const a = graph.task('a', work);
    const other = new Graph().task('a', work);
    expect(() => graph.task('a', work)).toThrow('There is a task "a" already');
    expect(() => graph.task('', work)).toThrow('A task needs a local id');
    expect(() => graph.task('b', { ...work, requires: ['bad'] })).toThrow('"b" depends on "bad"');
    expect(() => graph.task('b', { ...work, after: ['b'] })).toThrow('"b" depends on "b"');
    expect(() => graph.task('b', { ...work, requires: [other] })).toThrow('"b" depends on "a" of another graph');
    expect(() => graph.task('b', { ...work, requires: [a], after: ['a'] })).toThrow('"b" names "a" twice');
    expect(() => graph.task('b', { ...work, runAt: new Date(NaN) })).toThrow(RangeError);
    expect(graph.toJSON().tasks.map(({ id }) => id)).toEqual(['a']);
  });

  it('does not compile with invalid dependencies or unknown fields', () => {
    const attempt = (graph: Graph) => {
      // @ts-expect-error not a handle
      graph.task('b', { ...work, requires: [{ id: 'a' }] });
      // @ts-expect-error priority is a number
      graph.task('c', { ...work, priority: 'high' });
      // @ts-expect-error an unknown field
      graph.task('d', { ...work, prio: 1 });
      // @ts-expect-error no on_start
      graph.task('e', { kind: 'test' });
      // @ts-expect-error not in the graph
      graph.add('a', work).add('b', { ...work, requires: ['A'] });
      // @ts-expect-error not the body that the handler expects
      webhook<{ branch: string }>('http://127.0.0.1:9/start', { body: { brunch: 'main' } });
    };
    expect(attempt).toBeInstanceOf(Function);
  });

  it('knows the ids of its chain when it compiles, and leaves those of a loop open', () => {
    const chain = new Graph()
      .add('a', work)
      .add('once', { ...work, dedupe_strategy: [] })
      .add('b', { ...work, requires: ['a'], after: ['01a20385-0579-772d-b781-92370a992fb1'] });
    const loop = new Graph();
    for (const name of ['a', 'b']) loop.task(name, work);
    const read = async (hookline: Hookline) => {
      const known = await hookline.create(chain);
      const open: Created = await hookline.create(loop);
      const id: string = known.ids.a + known.ids.b;
      // @ts-expect-error no such task
      const typo = known.ids.c;
      // @ts-expect-error a duplicate has no id
      const duplicate: string = known.ids.once;
      return [id, typo, duplicate, open.ids.anything];
    };
    expect(read).toBeInstanceOf(Function);
    expect(chain.toJSON().tasks.map(({ id }) => id)).toEqual(['a', 'once', 'b']);
  });
});

describe('A graph that is created', () => {
  let hookline: Hookline;
  const receiver = useReceiver();
  const service = useService();
  beforeAll(() => {
    hookline = new Hookline({ url: `${service.url}/` });
  });

  it('has a batch, and an id for each local id', async () => {
    const graph = new Graph({ scope: 'ids' });
    const on_start = webhook(receiver.url('/start'), { body: { branch: 'main' } });
    const first = graph.task('first', { kind: 'test', on_start });
    const second = graph.task('second', { kind: 'test', requires: [first], on_start });
    const { batchId, ids, tasks } = await hookline.create(graph);
    expect(tasks.map(({ id }) => id)).toEqual([ids[first.id], ids[second.id]]);
    expect(await hookline.batch(batchId)).toMatchObject({ total_tasks: 2, scope: 'ids' });
    expect((await hookline.dag(batchId)).links).toEqual([
      { parent_id: ids.first, child_id: ids.second, requires_success: true },
    ]);
    const [{ body }] = await receiver.waitFor(1, ({ headers }) => headers['x-task-id'] === ids.first);
    expect(body).toEqual({ branch: 'main' });
  });

  it('has no id for a deduplicated task', async () => {
    const dedupe_strategy = [{ kind: 'once', status: 'Running' as const, fields: ['key'] }];
    const on_start = webhook(receiver.url('/start'));
    const graph = new Graph();
    graph.task('one', { kind: 'once', metadata: { key: 1 }, dedupe_strategy, on_start });
    graph.task('other', { kind: 'test', requires: ['one'], on_start });
    const before = await hookline.create(graph);
    await receiver.waitFor(1, ({ headers }) => headers['x-task-id'] === before.ids.one);
    const again = await hookline.create(graph);
    expect(again.ids).toEqual({ other: again.tasks[0].id });
    const nothing = new Graph();
    nothing.task('one', { kind: 'once', metadata: { key: 1 }, dedupe_strategy, on_start });
    expect(await hookline.create(nothing)).toEqual({ batchId: expect.any(String), tasks: [], ids: {} });
  });

  it('is refused with every fault and its field', async () => {
    const graph = new Graph();
    graph.task('a', { ...work, timeout: 0, priority: 5000 });
    const error = (await hookline.create(graph).catch((reason: unknown) => reason)) as HooklineError;
    expect(error).toBeInstanceOf(HooklineError);
    expect(error).toMatchObject({ status: 400, title: 'Bad Request', isTemporary: false, field: 'tasks[0].timeout' });
    expect(error.faults.map(({ field }) => field)).toEqual(['tasks[0].timeout', 'tasks[0].priority']);
    expect(error.faults[0].message).toMatch(/1.*86400/);
    expect(error.message).toContain('timeout');
  });
});
