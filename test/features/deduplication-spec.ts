import { eventually } from '../support/poll';
import { Receiver } from '../support/receiver';
import { after, Service, task, webhook } from '../support/service';

describe('Deduplication', () => {
  let service: Service;
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await Receiver.start();
    service = await Service.start();
  });
  afterAll(async () => {
    await service.stop();
    await receiver.close();
  });

  const url = () => receiver.url('/start');
  const strategy = (kind: string, status: string, fields: string[]) => ({
    dedupe_strategy: [{ kind, status, fields }],
  });
  const running = (id: string) => eventually(async () => expect((await service.task(id)).status).toBe('Running'));
  const post = (body: unknown) => service.call('POST', '/task', body);

  it('leaves out a task that equals one there is, and says nothing was created', async () => {
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

  it('never takes two tasks without the field for equal', async () => {
    const make = (id: string) => task(id, url(), { kind: 'd3', ...strategy('d3', 'Pending', ['p']) });
    expect((await post([make('a'), make('b')])).body).toHaveLength(2);
  });

  it('sees earlier tasks of the same request, and lets dependents wait for them', async () => {
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

  it('lets a dependent of a duplicate wait for the task that there is', async () => {
    const { a } = await service.create([task('a', url(), { kind: 'd5', metadata: { p: 1 } })]);
    await running(a);
    const duplicate = task('x', url(), { kind: 'd5', metadata: { p: 1 }, ...strategy('d5', 'Running', ['p']) });
    const { body } = await post([duplicate, task('c', url(), after(['x']))]);
    expect(body).toMatchObject([{ status: 'Waiting' }]);
    await service.succeed(a);
    await running(body[0].id);
  });

  it('counts a duplicated task that has ended as ended', async () => {
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

  it('completes a batch at once whose tasks are all duplicates', async () => {
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

  it('lets only one of many simultaneous requests create, over two replicas', async () => {
    const replica = await service.replica();
    try {
      // Nobody is to start them, or their state would change while requests come in.
      const make = () =>
        task('a', url(), {
          kind: 'd8',
          metadata: { p: { deep: [1, null] } },
          // Metadata without this field keep a task from starting.
          rules: [
            { type: 'Concurrency', max_concurrency: 1, matcher: { kind: 'd8', status: 'Running', fields: ['none'] } },
          ],
          ...strategy('d8', 'Pending', ['p']),
        });
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, i) => (i % 2 ? service : replica).call('POST', '/task', [make()])),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(39).fill(204)]);
    } finally {
      await replica.stop();
    }
  });

  it('sees tasks of the request as they will be once those that require a failed original have fallen', async () => {
    const kind = 'falls';
    const { bad } = await service.create([task('bad', url(), { kind: 'falls-original', metadata: { q: 0 } })]);
    await running(bad);
    await service.fail(bad);
    const twin = (id: string, status: string, q: number) =>
      task(id, url(), { kind, metadata: { q, twin: true }, ...strategy(kind, status, ['q']) });
    const { body } = await post([
      task('dup', url(), {
        kind: 'falls-original',
        metadata: { q: 0 },
        ...strategy('falls-original', 'Failure', ['q']),
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

  it('compares by any of many entries, within the request too', async () => {
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

  it('without fields, takes any task of the kind and state for the same', async () => {
    const none = (kind: string) => ({ kind, ...strategy(kind, 'Success', []) });
    const { done } = await service.create([task('done', url(), { kind: 'none1' })]);
    await running(done);
    await service.succeed(done);
    const { body } = await post([task('a', url(), none('none1')), task('b', url(), none('none2'))]);
    expect(body.map(({ name }: { name: string }) => name)).toEqual(['Task b']);
  });

  it('takes tasks paused while running, and claimed ones, for running', async () => {
    const { a } = await service.create([task('a', url(), { kind: 'd9', metadata: { p: 1 } })]);
    await running(a);
    await service.call('PATCH', `/task/pause/${a}`);
    const answer = await post([
      task('b', url(), { kind: 'd9', metadata: { p: 1 }, ...strategy('d9', 'Running', ['p']) }),
    ]);
    expect(answer.status).toBe(204);
  });

  it('names the faults of an entry', async () => {
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
