import { additionsOf } from '../support/additions';
import { ASLEEP, useReceiver, useService } from '../support/fixture';
import { allDelivered, untilRunning } from '../support/graph';
import { recount } from '../support/recount';
import { after, task, webhook } from '../support/service';

describe('Adding tasks to a batch', () => {
  const receiver = useReceiver();
  const service = useService({ ...ASLEEP, MAX_TASKS_TOTAL_PER_BATCH: '9', MAX_DEPS_PER_TASK: '5' });
  const START = receiver.url('/start');
  let paths = 0;
  const newPath = () => `/path/${paths++}`;
  afterEach(() => recount(service));

  const { post, before, add, running } = additionsOf(service, receiver);
  const statusOf = async (id: string) => (await service.task(id)).status;

  it('answers with the light forms, and starts what depends on nothing', async () => {
    const { batch } = await running();
    const { status, body, headers } = await post(batch, { tasks: [task('a', START, { priority: 3 })] });
    expect([status, headers.get('x-batch-id')]).toEqual([201, batch]);
    expect(body).toEqual([
      expect.objectContaining({ local_id: 'a', batch_id: batch, status: 'Pending', attempt: 1, priority: 3 }),
    ]);
    await untilRunning(service, (body as { id: string }[])[0].id);
    expect((await service.call('GET', `/batch/${batch}`)).body).toMatchObject({ total_tasks: 3 });
    expect((await service.call('GET', `/dag/${batch}`)).body.tasks).toHaveLength(3);
  });

  it('extends a fan-in from the task that it waits for', async () => {
    const { split, reduce, batch } = await running();
    const { a, b } = await add(
      batch,
      ['a', 'b'].map((id) => task(id, START, before(reduce))),
    );
    await service.succeed(split);
    await untilRunning(service, a, b);
    await service.succeed(a);
    expect(await statusOf(reduce)).toBe('Waiting');
    await service.succeed(b);
    await untilRunning(service, reduce);
  });

  it('makes tasks wait for existing ones by UUID, in any case, and for each other', async () => {
    const { split, batch } = await running();
    const { a, b } = await add(batch, [
      task('a', START, after([split.toUpperCase()])),
      task('b', START, after([split, 'a'])),
    ]);
    expect([await statusOf(a), await statusOf(b)]).toEqual(['Waiting', 'Waiting']);
    await service.succeed(split);
    await untilRunning(service, a);
    await service.succeed(a);
    await untilRunning(service, b);
  });

  it('finds tasks of the batch by local id as well, and merges two names of one task', async () => {
    const { split, reduce, batch } = await running();
    const waiting = [reduce, reduce.toUpperCase(), 'reduce'].map((id) => ({ id, requires_success: id === 'reduce' }));
    const { a } = await add(batch, [task('a', START, { ...after(['split'], [split]), before: waiting })]);
    const { links } = (await service.call('GET', `/dag/${batch}`)).body as { links: object[] };
    expect(links).toContainEqual({ parent_id: split, child_id: a, requires_success: true });
    expect(links).toContainEqual({ parent_id: a, child_id: reduce, requires_success: true });
    expect(links).toHaveLength(3);
  });

  it('means an existing task by `before`, also if a new one has its local id', async () => {
    const { reduce, split, batch } = await running();
    const added = await add(batch, [
      task('reduce', START),
      task('b', START, { ...after(['reduce']), ...before('reduce') }),
    ]);
    const { links } = (await service.call('GET', `/dag/${batch}`)).body as { links: object[] };
    expect(links).toContainEqual({ parent_id: added.reduce, child_id: added.b, requires_success: true });
    expect(links).toContainEqual({ parent_id: added.b, child_id: reduce, requires_success: true });
    await service.succeed(split);
  });

  it('counts parents that have ended at once', async () => {
    const { ok, bad, open, batch } = await service.create(['ok', 'bad', 'open'].map((id) => task(id, START)));
    await untilRunning(service, ok, bad, open);
    await service.succeed(ok);
    await service.fail(bad);
    const { free, fails, also, optional } = await add(batch, [
      task('free', START, after([ok])),
      task('fails', START, after([ok, bad])),
      task('also', START, after(['fails'])),
      task('optional', START, after([ok], [bad])),
    ]);
    await untilRunning(service, free, optional);
    expect(await service.task(fails)).toMatchObject({
      status: 'Failure',
      failure_reason: `Parent task ${bad} did not succeed`,
    });
    expect(await statusOf(also)).toBe('Failure');
  });

  it('fails the tasks that wait for a new one which fails at once', async () => {
    const { bad, split, required, optional, batch } = await service.create([
      task('bad', START),
      task('split', START),
      task('required', START, after(['split'])),
      task('optional', START, after(['split'])),
    ]);
    await untilRunning(service, bad, split);
    await service.fail(bad);
    await add(batch, [
      task('a', START, {
        ...after([bad]),
        before: [
          { id: required, requires_success: true },
          { id: optional, requires_success: false },
        ],
      }),
    ]);
    expect(await statusOf(required)).toBe('Failure');
    await service.succeed(split);
    await untilRunning(service, optional);
  });

  it('opens a completed batch again, and tells its completion again', async () => {
    const path = newPath();
    const { split, reduce, batch } = await running({ on_batch_complete: [webhook(receiver.url(path))] });
    await service.succeed(split);
    await untilRunning(service, reduce);
    await service.succeed(reduce);
    await receiver.waitFor(1, path);
    const { a } = await add(batch, [task('a', START)]);
    await untilRunning(service, a);
    await service.succeed(a);
    await allDelivered(service);
    expect(receiver.received(path).map(({ headers }) => headers['idempotency-key'])).toEqual([
      `batch:${batch}:complete`,
      `batch:${batch}:complete:2`,
    ]);
    expect(receiver.received(path)[1].body).toMatchObject({ arcrun: { counts: { success: 3 } } });
  });

  it('lets a paused task wait for more', async () => {
    const { split, reduce, batch } = await running();
    await service.call('PATCH', `/task/pause/${reduce}`);
    const { a } = await add(batch, [task('a', START, before(reduce, false))]);
    await service.succeed(split);
    await service.call('PATCH', `/task/resume/${reduce}`);
    expect(await statusOf(reduce)).toBe('Waiting');
    await untilRunning(service, a);
    await service.fail(a);
    await untilRunning(service, reduce);
  });

  it('leaves out duplicates, and links their dependents to the original', async () => {
    const { batch, split } = await running();
    const dedupe_strategy = [{ kind: 'test', status: 'Running', fields: ['k'] }];
    const first = await add(batch, [task('a', START, { metadata: { k: batch } })]);
    await untilRunning(service, first.a);
    const { body } = await post(batch, [
      task('again', START, { metadata: { k: batch }, dedupe_strategy }),
      task('child', START, after(['again'])),
    ]);
    expect(body).toEqual([expect.objectContaining({ local_id: 'child', status: 'Waiting' })]);
    await service.succeed(first.a);
    await untilRunning(service, (body as { id: string }[])[0].id);
    expect(
      (
        await post(batch, [
          task('x', START, { metadata: { k: batch }, dedupe_strategy: [{ ...dedupe_strategy[0], status: 'Success' }] }),
        ])
      ).status,
    ).toBe(204);
    await service.succeed(split);
  });

  it('adds nothing if there is nothing to add', async () => {
    const { batch } = await running();
    expect((await post(batch, [])).status).toBe(204);
  });

  it('with an Idempotency-Key happens once', async () => {
    const { batch } = await running();
    const request = () =>
      fetch(`${service.url}/batch/${batch}/task`, {
        method: 'POST',
        body: JSON.stringify([task('a', START)]),
        headers: { 'content-type': 'application/json', 'idempotency-key': `add-${batch}` },
      });
    const answers = [await request(), await request()];
    expect(answers.map(({ status, headers }) => [status, headers.get('idempotency-replayed')])).toEqual([
      [201, null],
      [201, 'true'],
    ]);
    expect(await answers[0].text()).toBe(await answers[1].text());
  });
});
