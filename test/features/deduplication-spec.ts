import { startReplica, useReceiver, useService } from '../support/fixture';
import { Gate } from '../support/gate';
import { eventually } from '../support/poll';
import { after, task, webhook } from '../support/service';

describe('Deduplication', () => {
  const service = useService();
  const receiver = useReceiver();

  const url = () => receiver.url('/start');
  const strategy = (kind: string, status: string, fields: string[]) => ({
    dedupe_strategy: [{ kind, status, fields }],
  });
  const running = (id: string) => eventually(async () => expect((await service.task(id)).status).toBe('Running'));
  const post = (body: unknown) => service.call('POST', '/task', body);

  it('skips a task that equals an existing one, and answers that nothing was created', async () => {
    const make = () => task('a', url(), { kind: 'd1', metadata: { p: 1, other: Math.random() } });
    const { a } = await service.create([make()]);
    await running(a);
    const { status, headers, body } = await post([{ ...make(), ...strategy('d1', 'Running', ['p']) }]);
    expect({ status, body }).toEqual({ status: 204, body: undefined });
    expect(headers.get('x-batch-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    ['another value', { p: 2 }, 'Running'],
    ['the same value as another type', { p: '1' }, 'Running'],
    ['another state', { p: 1 }, 'Pending'],
    ['another kind', { p: 1 }, 'Running', 'other'],
    ['no metadata', null, 'Running'],
  ])('creates a task with %s', async (_name, metadata, status, kind = 'd2') => {
    const { a } = await service.create([task('a', url(), { kind: 'd2', metadata: { p: 1 } })]);
    await running(a);
    const answer = await post([task('b', url(), { kind: 'd2b', metadata, ...strategy(kind, status, ['p']) })]);
    expect(answer.status).toBe(201);
  });

  it('never treats two tasks without the field as equal', async () => {
    const make = (id: string) => task(id, url(), { kind: 'd3', ...strategy('d3', 'Pending', ['p']) });
    expect((await post([make('a'), make('b')])).body).toHaveLength(2);
  });

  it('compares with earlier tasks of the same request, and links dependents to them', async () => {
    const twin = (id: string) =>
      task(id, url(), { kind: 'd4', metadata: { p: 1 }, ...strategy('d4', 'Pending', ['p']) });
    const { status, body, headers } = await post([twin('a'), twin('b'), task('c', url(), after(['b']))]);
    expect(status).toBe(201);
    expect(body.map(({ kind }: { kind: string }) => kind)).toEqual(['d4', 'test']);
    const { links } = (await service.call('GET', `/dag/${headers.get('x-batch-id')}`)).body;
    expect(links).toEqual([{ parent_id: body[0].id, child_id: body[1].id, requires_success: true }]);
    await running(body[0].id);
    await service.succeed(body[0].id);
    await running(body[1].id);
  });

  it('links a dependent of a duplicate to the existing task', async () => {
    const { a } = await service.create([task('a', url(), { kind: 'd5', metadata: { p: 1 } })]);
    await running(a);
    const duplicate = task('x', url(), { kind: 'd5', metadata: { p: 1 }, ...strategy('d5', 'Running', ['p']) });
    const { body } = await post([duplicate, task('c', url(), after(['x']))]);
    expect(body).toMatchObject([{ status: 'Waiting' }]);
    await service.succeed(a);
    await running(body[0].id);
  });

  it('treats an existing task that has ended as ended', async () => {
    const { good, bad } = await service.create([
      task('good', url(), { kind: 'd6', metadata: { p: 'good' } }),
      task('bad', url(), { kind: 'd6', metadata: { p: 'bad' } }),
    ]);
    await Promise.all([running(good), running(bad)]);
    await service.succeed(good);
    await service.fail(bad);
    const twin = (p: string, status: string) =>
      task(p, url(), { kind: 'd6', metadata: { p }, ...strategy('d6', status, ['p']) });
    const { status, body } = await post({
      tasks: [
        twin('good', 'Success'),
        twin('bad', 'Failure'),
        task('needs-good', url(), after(['good'])),
        task('needs-bad', url(), { ...after(['bad']), on_failure: [webhook(receiver.url('/d6-failed'))] }),
        task('needs-that', url(), after(['needs-bad'])),
        task('after-bad', url(), after([], ['bad'])),
      ],
      on_batch_complete: [webhook(receiver.url('/d6-complete'))],
    });
    expect(status).toBe(201);
    expect(body.map((created: { status: string }) => created.status)).toEqual([
      'Pending',
      'Failure',
      'Failure',
      'Pending',
    ]);
    await receiver.waitFor(1, '/d6-failed');
    expect((await service.task(body[1].id)).failure_reason).toContain(bad);
    await Promise.all([running(body[0].id), running(body[3].id)]);
    await service.succeed(body[0].id);
    await service.succeed(body[3].id);
    const [complete] = await receiver.waitFor(1, '/d6-complete');
    expect(complete.body).toMatchObject({ arcrun: { counts: { success: 2, failure: 2, canceled: 0 } } });
  });

  it('completes a batch at once when all of its tasks are duplicates', async () => {
    const { a } = await service.create([task('a', url(), { kind: 'd7', metadata: { p: 1 } })]);
    await running(a);
    const { status, headers } = await post({
      tasks: [task('x', url(), { kind: 'd7', metadata: { p: 1 }, ...strategy('d7', 'Running', ['p']) })],
      on_batch_complete: [webhook(receiver.url('/d7-complete'))],
    });
    expect(status).toBe(204);
    const [{ headers: sent }] = await receiver.waitFor(1, '/d7-complete');
    expect(sent['idempotency-key']).toBe(`batch:${headers.get('x-batch-id')}:complete`);
  });

  it('lets one of many simultaneous requests on two replicas create the task', async () => {
    const replica = await startReplica(service);
    // They must stay Pending while the requests come in.
    const make = () =>
      task('a', url(), {
        kind: 'd8',
        metadata: { p: { deep: [1, null] } },
        // This rule admits no task, because none has the field.
        rules: [
          { type: 'Concurrency', max_concurrency: 1, matcher: { kind: 'd8', status: 'Running', fields: ['none'] } },
        ],
        ...strategy('d8', 'Pending', ['p']),
      });
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => (i % 2 ? service : replica).call('POST', '/task', [make()])),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(39).fill(204)]);
  });

  it('compares with tasks of the request after the cascade of a failed original', async () => {
    const kind = 'cascade';
    const { bad } = await service.create([task('bad', url(), { kind: 'cascade-original', metadata: { q: 0 } })]);
    await running(bad);
    await service.fail(bad);
    const twin = (id: string, status: string, q: number) =>
      task(id, url(), { kind, metadata: { q, twin: true }, ...strategy(kind, status, ['q']) });
    const { body } = await post([
      task('dup', url(), {
        kind: 'cascade-original',
        metadata: { q: 0 },
        ...strategy('cascade-original', 'Failure', ['q']),
      }),
      task('c1', url(), { kind, metadata: { q: 1 }, ...after(['dup']) }),
      task('c2', url(), { kind, metadata: { q: 2 }, ...after(['c1']) }),
      task('opt', url(), { kind, metadata: { q: 3 }, ...after([], ['c2']) }),
      task('end', url(), { kind, metadata: { q: 4 }, ...after(['opt']) }),
      twin('like-c1', 'Failure', 1),
      twin('like-c2', 'Failure', 2),
      twin('unlike-c2', 'Waiting', 2),
      twin('like-opt', 'Pending', 3),
      twin('like-end', 'Waiting', 4),
    ]);
    expect(body.map(({ name, status }: { name: string; status: string }) => [name, status])).toEqual([
      ['Task c1', 'Failure'],
      ['Task c2', 'Failure'],
      ['Task opt', 'Pending'],
      ['Task end', 'Waiting'],
      ['Task unlike-c2', 'Pending'],
    ]);
    await running(body[2].id as string);
  });

  it('matches by any of many entries, within the request too', async () => {
    const entries = Array.from({ length: 30 }, (_, i) => ({ kind: 'many', status: 'Pending', fields: [`f${i}`] }));
    const make = (id: string, metadata: object) =>
      task(id, url(), { kind: 'many', metadata, dedupe_strategy: entries });
    const fields = (i: number, value: unknown) => ({ [`f${i}`]: value, [`f${(i + 1) % 30}`]: [id++] });
    let id = 0;
    const created = await post([
      ...Array.from({ length: 200 }, (_, i) => make(`new${i}`, fields(i % 30, { deep: i }))),
      ...Array.from({ length: 200 }, (_, i) => make(`same${i}`, fields(i % 30, { deep: i }))),
    ]);
    expect(created.status).toBe(201);
    expect(created.body.map(({ name }: { name: string }) => name)).toEqual(
      Array.from({ length: 200 }, (_, i) => `Task new${i}`),
    );
  });

  it('without fields matches any task of the kind and status', async () => {
    const none = (kind: string) => ({ kind, ...strategy(kind, 'Success', []) });
    const { done } = await service.create([task('done', url(), { kind: 'none1' })]);
    await running(done);
    await service.succeed(done);
    const { body } = await post([task('a', url(), none('none1')), task('b', url(), none('none2'))]);
    expect(body.map(({ name }: { name: string }) => name)).toEqual(['Task b']);
  });

  it('matches by any entry whose fields the task has', async () => {
    const { a } = await service.create([task('a', url(), { kind: 'any', metadata: { p: 1 } })]);
    await running(a);
    const entry = (kind: string, status: string, fields: string[]) => ({ kind, status, fields });
    const twin = (...dedupe_strategy: object[]) =>
      post([task('b', url(), { kind: 'any', metadata: { p: 1 }, dedupe_strategy })]);
    const lacking = entry('any', 'Running', ['missing']);
    expect((await twin(entry('other', 'Running', []), entry('any', 'Running', ['p']))).status).toBe(204);
    expect((await twin(lacking, entry('any', 'Running', ['p']))).status).toBe(204);
    expect((await twin(lacking, entry('any', 'Failure', ['p']))).status).toBe(201);
  });

  it('counts a task whose start call is in flight as running, not as pending', async () => {
    const gate = new Gate();
    receiver.reply('/slow', { after: gate.opened });
    await service.create([task('a', receiver.url('/slow'), { kind: 'claimed', metadata: { p: 1 } })]);
    await receiver.waitFor(1, '/slow');
    const twin = (status: string) =>
      post([task('b', url(), { kind: 'claimed', metadata: { p: 1 }, ...strategy('claimed', status, ['p']) })]);
    expect((await twin('Running')).status).toBe(204);
    expect((await twin('Pending')).status).toBe(201);
    gate.open();
  });

  it('counts a task paused while running as running', async () => {
    const { a } = await service.create([task('a', url(), { kind: 'd9', metadata: { p: 1 } })]);
    await running(a);
    await service.call('PATCH', `/task/pause/${a}`);
    const answer = await post([
      task('b', url(), { kind: 'd9', metadata: { p: 1 }, ...strategy('d9', 'Running', ['p']) }),
    ]);
    expect(answer.status).toBe(204);
  });

  it('reports the faults of an entry', async () => {
    const { status, body } = await post([
      task('a', url(), { dedupe_strategy: [{ kind: '', status: 'Busy', fields: 'p' }] }),
    ]);
    expect(status).toBe(400);
    expect(body.details.map((fault: string) => fault.split(':')[0])).toEqual([
      'tasks[0].dedupe_strategy[0].kind',
      'tasks[0].dedupe_strategy[0].status',
      'tasks[0].dedupe_strategy[0].fields',
    ]);
  });
});
