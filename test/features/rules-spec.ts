import { startReplica, useReceiver, useService } from '../support/fixture';
import { eventually } from '../support/poll';
import { capacity, concurrency, untilBlocked } from '../support/rules';
import { task } from '../support/service';

/** Tasks that count as Running for limits. */
const UNDER_WAY = `SELECT count(*)::int AS n FROM task WHERE kind = $1
  AND (status IN ('Claimed', 'Running') OR paused_from IN ('Claimed', 'Running'))`;

describe('Rules', () => {
  const receiver = useReceiver();
  // A long interval, so that tests fail if nothing wakes the start loop.
  const service = useService({ WORKER_LOOP_INTERVAL_MS: '60000' });

  const url = () => receiver.url('/start');
  const statusOf = async (id: string) => (await service.task(id)).status;
  const becomes = (id: string, status: string) => eventually(async () => expect(await statusOf(id)).toBe(status));
  /** Waits until no task of a batch is about to change by itself. */
  const settled = (batch: string, running: number) =>
    eventually(async () => {
      const { status_counts } = (await service.call('GET', `/batch/${batch}`)).body;
      expect({ claimed: status_counts.claimed, running: status_counts.running }).toEqual({ claimed: 0, running });
    });

  it('are returned in the spelling in which they were sent', async () => {
    const old = { type: 'Concurency', max_concurency: 5, matcher: { kind: 'spelt', status: 'Running', fields: ['p'] } };
    const current = concurrency('spelt', 5, ['p']);
    const mixed = { type: 'Concurrency', max_concurency: 5, matcher: current.matcher };
    const rules = [old, current, mixed];
    const { a } = await service.create([task('a', url(), { kind: 'spelt', metadata: { p: 1 }, rules })]);
    expect((await service.task(a)).rules).toEqual(rules);
    await becomes(a, 'Running');
  });

  it('limit how many tasks run at once, and admit the next one as soon as one ends', async () => {
    const rules = [concurrency('c1', 2)];
    const { batch, ...ids } = await service.create(
      ['a', 'b', 'c', 'd'].map((id) => task(id, url(), { kind: 'c1', rules })),
    );
    await settled(batch, 2);
    expect(await statusOf(ids.c)).toBe('Pending');
    await service.succeed(ids.a);
    await becomes(ids.c, 'Running');
    await service.fail(ids.b);
    await becomes(ids.d, 'Running');
  });

  it('count tasks that do not carry them', async () => {
    const free = await service.create([task('a', url(), { kind: 'c2' })]);
    await becomes(free.a, 'Running');
    const ruled = await service.create([task('b', url(), { kind: 'c2', rules: [concurrency('c2')] })]);
    await untilBlocked(service, ruled.b);
    await service.call('DELETE', `/task/${free.a}`);
    await becomes(ruled.b, 'Running');
  });

  it('apply to each value of a metadata field separately', async () => {
    const rules = [concurrency('c3', 1, ['project'])];
    const make = (id: string, project: unknown) => task(id, url(), { kind: 'c3', metadata: { project }, rules });
    const { batch, ...ids } = await service.create([
      make('a', 1),
      make('b', 1),
      make('c', '1'),
      make('d', { deep: [1] }),
    ]);
    await settled(batch, 3);
    expect(await statusOf(ids.b)).toBe('Pending');
    await service.succeed(ids.a);
    await becomes(ids.b, 'Running');
  });

  it('block a task that lacks a field they name, and no others', async () => {
    const rules = [concurrency('c4', 5, ['project'])];
    const { batch, ...ids } = await service.create([
      task('none', url(), { kind: 'c4', rules }),
      task('other', url(), { kind: 'c4', rules, metadata: { team: 1 } }),
      task('text', url(), { kind: 'c4', rules, metadata: 'project' }),
      task('fine', url(), { kind: 'c4', rules, metadata: { project: null } }),
    ]);
    await settled(batch, 1);
    expect(await statusOf(ids.fine)).toBe('Running');
  });

  it('must all admit a task', async () => {
    const holder = await service.create([task('h', url(), { kind: 'c5b' })]);
    await becomes(holder.h, 'Running');
    const rules = [concurrency('c5a'), concurrency('c5b')];
    const { a } = await service.create([task('a', url(), { kind: 'c5a', rules })]);
    await untilBlocked(service, a);
    await service.succeed(holder.h);
    await becomes(a, 'Running');
  });

  it('admit by the remaining work, let the last one exceed the limit, and follow progress', async () => {
    const rules = [capacity('w1', 100)];
    const make = (id: string, expected_count: number) => task(id, url(), { kind: 'w1', expected_count, rules });
    const { batch, ...ids } = await service.create([make('a', 99), make('b', 500), make('c', 1)]);
    await settled(batch, 2);
    expect(await statusOf(ids.c)).toBe('Pending');
    await service.call('PUT', `/task/${ids.b}`, { new_success: 499 });
    // 99 + 1 are left, so the limit is reached.
    expect(await statusOf(ids.c)).toBe('Pending');
    await service.report(ids.a, { new_failures: 1 });
    await becomes(ids.c, 'Running');
  });

  it('with a capacity require an expected count and the status Running', async () => {
    const rule = capacity('test');
    const noCount = await service.call('POST', '/task', [task('a', url(), { rules: [rule] })]);
    expect(noCount.body.details).toEqual(['tasks[0].expected_count: is required with a Capacity rule']);
    const pending = { ...rule, matcher: { ...rule.matcher, status: 'Pending' } };
    const wrongState = await service.call('POST', '/task', [task('a', url(), { expected_count: 1, rules: [pending] })]);
    expect(wrongState.body.details).toEqual(['tasks[0].rules[0].matcher.status: must be Running in a Capacity rule']);
  });

  it.each([
    ['resuming', 'resume'],
    ['raising the limit', 'raise'],
    ['removing the rules', 'remove'],
  ])('admit a task after %s', async (_name, how) => {
    const kind = `free-${how}`;
    const rules = [concurrency(kind)];
    const { batch, a, b } = await service.create([
      task('a', url(), { kind, rules }),
      task('b', url(), { kind, rules }),
    ]);
    await settled(batch, 1);
    if (how === 'resume') {
      // A task that is paused while running keeps its slot.
      await service.call('PATCH', `/task/pause/${a}`);
      await service.call('PATCH', `/task/pause/${b}`);
      await service.call('PATCH', `/task/resume/${b}`);
      expect(await statusOf(b)).toBe('Pending');
      await service.succeed(a);
    } else {
      const body = { kind, rules: how === 'raise' ? [concurrency(kind, 2)] : [] };
      const { status, body: answer } = await service.call('PATCH', `/batch/${batch}/rules`, body);
      expect({ status, answer }).toEqual({ status: 200, answer: { batch_id: batch, kind, updated_count: 2 } });
    }
    await becomes(b, 'Running');
  });

  it('never hide an admissible task behind 2000 blocked ones', async () => {
    const rules = [concurrency('many')];
    const many = Array.from({ length: 2000 }, (_, i) => task(`t${i}`, url(), { kind: 'many', priority: 10, rules }));
    const { t0 } = await service.create(many);
    const { a } = await service.create([task('a', url(), { kind: 'free', priority: -10 })]);
    await becomes(a, 'Running');
    await becomes(t0, 'Running');
  });

  it('hold exactly while several replicas claim at once', async () => {
    await startReplica(service, { WORKER_LOOP_INTERVAL_MS: '20' });
    const seen: number[] = [];
    receiver.reply('/exact', async ({ query }) => {
      const [{ n }] = await service.query<{ n: number }>(UNDER_WAY, ['exact']);
      seen.push(n);
      const handle = query.get('handle')!;
      void fetch(handle, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: '{"status":"Success"}',
      });
      return { status: 200 };
    });
    const rules = [concurrency('exact', 3)];
    const make = (i: number) => task(`t${i}`, receiver.url('/exact'), { kind: 'exact', rules });
    const { batch } = await service.create(Array.from({ length: 150 }, (_, i) => make(i)));
    await eventually(
      async () => expect((await service.call('GET', `/batch/${batch}`)).body.status_counts.success).toBe(150),
      { timeoutMs: 25_000 },
    );
    expect(Math.max(...seen)).toBeLessThanOrEqual(3);
    expect(receiver.received('/exact')).toHaveLength(150);
  });

  it('never hide an admissible task behind tasks that another rule blocks', async () => {
    const [kind, other] = ['two-rules', 'other-rule'];
    const { o } = await service.create([task('o', url(), { kind: other, metadata: { p: 1 } })]);
    const { x } = await service.create([task('x', url(), { kind, metadata: { p: 0 } })]);
    await becomes(o, 'Running');
    await becomes(x, 'Running');
    const rules = [concurrency(kind), concurrency(other, 1, ['p'])];
    const ids = await service.create([
      ...Array.from({ length: 2000 }, (_, i) => task(`t${i}`, url(), { kind, metadata: { p: 1 }, rules })),
      task('last', url(), { kind, metadata: { p: 2 }, rules }),
    ]);
    const countBlocked = `SELECT count(*)::int AS n FROM task WHERE batch_id = $1 AND blocked_by IS NOT NULL`;
    await eventually(async () => expect(await service.query(countBlocked, [ids.batch])).toEqual([{ n: 2001 }]));
    await service.succeed(x);
    await becomes(ids.last, 'Running');
    await service.call('DELETE', `/batch/${ids.batch}`);
    await service.succeed(o);
  });

  it.each([
    ['an unknown type', { type: 'Magic', matcher: { kind: 'k', status: 'Running', fields: [] } }, 'type'],
    ['no limit', { type: 'Concurrency', matcher: { kind: 'k', status: 'Running', fields: [] } }, 'max_concurrency'],
    ['a negative limit', concurrency('test', -1), 'max_concurrency'],
    ['an unknown state', { ...concurrency('k'), matcher: { kind: 'k', status: 'Busy', fields: [] } }, 'matcher.status'],
    ['no matcher', { type: 'Concurrency', max_concurrency: 1 }, 'matcher'],
    ['something else', 7, 'type'],
  ])('are refused with %s', async (_name, rule, field) => {
    const { status, body } = await service.call('POST', '/task', [task('a', url(), { rules: [rule] })]);
    expect(status).toBe(400);
    expect(body.details[0]).toMatch(new RegExp(`^tasks\\[0\\]\\.rules\\[0\\]\\.${field.replace('.', '\\.')}: `));
    const update = await service.call('PATCH', `/batch/01a2037c-91fe-76e2-8bc1-f10692d99267/rules`, {
      kind: 'k',
      rules: [rule],
    });
    expect(update.status).toBe(400);
  });
});
