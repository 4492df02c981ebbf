import { randomUUID } from 'node:crypto';
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

  const post = (batch: string, body: unknown) => service.call('POST', `/batch/${batch}/task`, body);
  const before = (id: string, requires_success = true) => ({ before: [{ id, requires_success }] });
  const statusOf = async (id: string) => (await service.task(id)).status;

  /** Adds tasks; returns their ids by their local ones. */
  async function add(batch: string, tasks: { id: string }[]): Promise<Record<string, string>> {
    const { status, body } = await post(batch, tasks);
    expect([status, body]).toEqual([201, expect.any(Array)]);
    return Object.fromEntries(tasks.map(({ id }, i) => [id, (body as { id: string }[])[i].id]));
  }

  async function running(rest: object = {}) {
    const ids = await service.create({
      tasks: [task('split', START), task('reduce', START, after(['split']))],
      ...rest,
    });
    await untilRunning(service, ids.split);
    return ids;
  }

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

  describe('is refused', () => {
    it('with every fault at once', async () => {
      const { batch, reduce } = await running();
      const unknown = randomUUID();
      const { status, body } = await post(batch, {
        scope: 'x',
        on_batch_complete: [],
        tasks: [
          task('a', START, { ...after(['d']), before: [{ id: 7, requires_success: true }] }),
          task('b', START, {
            before: [
              { id: reduce, requires_success: 1 },
              { id: reduce, requires_success: true },
            ],
          }),
          task('c', START, { ...before(unknown), dedupe_strategy: [{ kind: 'test', status: 'Running', fields: [] }] }),
          task('d', START, { before: Array.from({ length: 6 }, () => ({ id: randomUUID(), requires_success: true })) }),
        ],
      });
      expect([status, [...(body as { details: string[] }).details].sort()]).toEqual([
        400,
        [
          'on_batch_complete: can only be given when the batch is created',
          'scope: can only be given when the batch is created',
          'tasks[0].before[0].id: must be a string',
          'tasks[0].dependencies[0].id: "d" must be defined earlier in the request',
          `tasks[1].before[0].requires_success: must be true or false`,
          `tasks[1].before[1].id: "${reduce}" is listed more than once`,
          'tasks[2].before: must not be given together with dedupe_strategy',
          'tasks[3].before: must have at most 5 entries (MAX_DEPS_PER_TASK), not 6',
        ],
      ]);
    });

    it('with tasks that are not of the batch', async () => {
      const [{ batch }, { reduce: other }, unknown] = [await running(), await running(), randomUUID()];
      expect(await post(batch, [task('a', START, { ...after([unknown, 'nobody']), ...before(other) })])).toMatchObject({
        status: 400,
        body: {
          details: [
            `tasks[0].dependencies[0].id: "${unknown}" is no task of this batch`,
            'tasks[0].dependencies[1].id: "nobody" is no task of this batch',
            `tasks[0].before[0].id: "${other}" is no task of this batch`,
          ],
        },
      });
    });

    it('with a local id that several tasks of the batch have', async () => {
      const { batch } = await running();
      await add(batch, [task('split', START)]);
      expect((await post(batch, [task('a', START, after(['split']))])).body.details).toEqual([
        'tasks[0].dependencies[0].id: "split" names 2 tasks of this batch',
      ]);
    });

    it('with a cycle, naming its path', async () => {
      const { split, reduce, end, batch } = await service.create([
        task('split', START),
        task('reduce', START, after(['split'])),
        task('end', START, after(['reduce'])),
      ]);
      const { status, body } = await post(batch, [
        task('a', START, after([end])),
        task('b', START, { ...after(['a']), ...before(reduce) }),
      ]);
      expect([status, body.details]).toEqual([
        400,
        [`tasks[1].before[0].id: would close a cycle: ${[reduce, end, 'a', 'b', reduce].join(' → ')}`],
      ]);
      expect((await post(batch, [task('a', START, { ...after([reduce]), ...before(reduce) })])).body.details).toEqual([
        `tasks[0].before[0].id: would close a cycle: ${[reduce, 'a', reduce].join(' → ')}`,
      ]);
      await add(batch, [task('fine', START, { ...after([split]), ...before(reduce) })]);
    });

    it('when a task that is to wait has started or ended', async () => {
      const { split, batch } = await running();
      expect(await post(batch, [task('a', START, before(split))])).toMatchObject({
        status: 409,
        body: { current_status: 'Running', details: [`tasks[0].before[0].id: "${split}" is Running`] },
      });
    });

    it('when the batch was stopped, until it is rerun', async () => {
      const { batch } = await running();
      await service.call('DELETE', `/batch/${batch}`);
      expect((await post(batch, [task('a', START)])).status).toBe(409);
      await service.call('POST', `/batch/${batch}/rerun`);
      await add(batch, [task('a', START)]);
    });

    it('when the batch does not exist', async () => {
      expect((await post(randomUUID(), [task('a', START)])).status).toBe(404);
    });

    it('when the batch would have too many tasks', async () => {
      const { batch } = await running();
      await add(
        batch,
        Array.from({ length: 7 }, (_, i) => task(`t${i}`, START)),
      );
      expect(await post(batch, [task('a', START)])).toMatchObject({
        status: 400,
        body: { details: [expect.stringMatching(/^tasks: .* 10 tasks; at most 9 .*MAX_TASKS_TOTAL_PER_BATCH/)] },
      });
      expect((await service.call('GET', `/batch/${batch}`)).body).toMatchObject({ total_tasks: 9 });
    });
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
