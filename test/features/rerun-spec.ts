import { ASLEEP, useReceiver, useService } from '../support/fixture';
import { allDelivered, untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { recount } from '../support/recount';
import { rerunsOf } from '../support/reruns';
import { after, task, webhook } from '../support/service';

describe('A rerun', () => {
  const receiver = useReceiver();
  const service = useService({ ...ASLEEP, DEAD_END_CANCEL_ENABLED: '0' });
  const START = receiver.url('/start');
  let paths = 0;
  const newPath = () => `/path/${paths++}`;
  afterEach(() => recount(service, { deadEnds: false }));

  const { report, statusOf, statusesOf, succeed, rerunBatch, rerunTask, keysTo, diamond } = rerunsOf(service, receiver);

  it('runs what failed as the next attempt, and counts what succeeded as satisfied', async () => {
    const { root, left, right, end, batch } = await diamond();
    await service.succeed(right);
    expect(await rerunBatch(batch)).toMatchObject({
      status: 200,
      body: {
        batch_id: batch,
        tasks: [
          { id: left, attempt: 2 },
          { id: end, attempt: 2 },
        ],
      },
    });
    expect(await statusOf(end)).toBe('Waiting 2');
    await eventually(async () => expect(await statusOf(left)).toBe('Running 2'));
    expect(await succeed(left, 1)).toMatchObject({ status: 409 });
    await succeed(left, 2);
    await eventually(async () => expect(await statusOf(end)).toBe('Running 2'));
    await succeed(end, 2);
    expect(await statusesOf(root, left, right, end)).toEqual(['Success 1', 'Success 2', 'Success 1', 'Success 2']);
    const { body } = await service.call('GET', `/task/${left}/attempts`);
    expect(body).toMatchObject([
      { attempt: 2, status: 'Success', failure_reason: null },
      { attempt: 1, status: 'Failure', failure_reason: 'It did not work' },
    ]);
  });

  it('waits for parents that are still running', async () => {
    const { left, right, end } = await diamond();
    expect((await rerunTask(left)).body.tasks).toEqual([
      { id: left, attempt: 2 },
      { id: end, attempt: 2 },
    ]);
    await untilRunning(service, left);
    await succeed(left, 2);
    expect(await statusOf(end)).toBe('Waiting 2');
    await service.succeed(right);
    await eventually(async () => expect(await statusOf(end)).toBe('Running 2'));
  });

  it('fails again with everything that requires it', async () => {
    const { left, right, end, batch } = await diamond();
    await rerunBatch(batch);
    await untilRunning(service, left);
    await report(left, 2, { status: 'Failure', failure_reason: 'Still broken' });
    expect(await statusOf(end)).toBe('Failure 2');
    expect(await statusOf(right)).toBe('Running 1');
    expect((await rerunBatch(batch)).body.tasks).toEqual([
      { id: left, attempt: 3 },
      { id: end, attempt: 3 },
    ]);
  });

  it('clears result, counters, reason and times, and keeps the rest', async () => {
    const metadata = { shop: 1.1 };
    const { a } = await service.create([task('a', START, { metadata, priority: 7, expected_count: 9 })]);
    await untilRunning(service, a);
    await service.report(a, {
      status: 'Failure',
      failure_reason: 'x',
      result: { half: true },
      new_success: 3,
      new_failures: 1,
    });
    expect(await service.task(a)).toMatchObject({ result: { half: true }, success: 3 });
    await rerunTask(a);
    await untilRunning(service, a);
    expect(await service.task(a)).toMatchObject({
      attempt: 2,
      result: null,
      success: 0,
      failures: 0,
      failure_reason: null,
      ended_at: null,
      metadata,
      priority: 7,
      expected_count: 9,
    });
    await succeed(a, 2);
  });

  it('has handles, keys and headers of the new attempt', async () => {
    const [start, ended] = [newPath(), newPath()];
    const on_failure = [webhook(receiver.url(ended))];
    const { a } = await service.create([task('a', receiver.url(start), { on_failure })]);
    await untilRunning(service, a);
    await service.fail(a);
    await rerunTask(a);
    await untilRunning(service, a);
    await report(a, 2, { status: 'Failure', failure_reason: 'x' });
    await allDelivered(service);
    expect(keysTo(start)).toEqual([`${a}:start`, `${a}:attempt-2:start`]);
    expect(keysTo(ended)).toEqual([`${a}:end:failure`, `${a}:attempt-2:end:failure`]);
    expect(receiver.received(start).map(({ query }) => query.get('handle')?.split('/task/')[1])).toEqual([
      a,
      `${a}?attempt=2`,
    ]);
  });

  it('of named tasks leaves other failures alone', async () => {
    const { a, b, below, batch } = await service.create([
      task('a', START),
      task('b', START),
      task('below', START, after(['a'])),
    ]);
    await untilRunning(service, a, b);
    await service.fail(a);
    await service.fail(b);
    expect((await rerunBatch(batch, { task_ids: [a.toUpperCase(), a] })).body.tasks).toEqual([
      { id: a, attempt: 2 },
      { id: below, attempt: 2 },
    ]);
    expect(await statusOf(b)).toBe('Failure 1');
  });

  it('reruns unsuccessful descendants of a task that succeeded', async () => {
    const { root, left, right, end } = await diamond();
    await service.succeed(right);
    expect((await rerunTask(root)).body.tasks.map(({ id }: { id: string }) => id)).toEqual([left, end]);
    expect(await statusOf(root)).toBe('Success 1');
  });

  it('downstream reruns tasks that succeeded, and all of their descendants', async () => {
    const { root, left, right, end, batch } = await diamond();
    await service.succeed(right);
    expect((await rerunBatch(batch, { task_ids: [root], downstream: true })).body.tasks).toHaveLength(4);
    expect(await statusesOf(left, right, end)).toEqual(['Waiting 2', 'Waiting 2', 'Waiting 2']);
    await untilRunning(service, root);
    await succeed(root, 2);
    await untilRunning(service, left, right);
    await succeed(left, 2);
    await succeed(right, 2);
    await untilRunning(service, end);
  });

  it('makes descendants that have not started wait again (downstream)', async () => {
    const { a, later, below } = await service.create([
      task('a', START),
      task('later', START, { ...after(['a']), delay_secs: 1000 }),
      task('below', START, after(['later'])),
    ]);
    await untilRunning(service, a);
    await service.succeed(a);
    expect(await statusOf(later)).toBe('Pending 1');
    expect((await rerunTask(a, { downstream: true })).body.tasks).toEqual([{ id: a, attempt: 2 }]);
    expect(await statusesOf(later, below)).toEqual(['Waiting 1', 'Waiting 1']);
    await untilRunning(service, a);
    await succeed(a, 2);
    expect(await service.task(later)).toMatchObject({ status: 'Pending', run_at: expect.any(String) });
  });

  it('downstream is refused while a descendant is under way', async () => {
    const { root, left, right } = await diamond();
    expect(await rerunTask(root, { downstream: true })).toMatchObject({
      status: 409,
      body: { current_status: 'Running', details: [`${right}: is Running`] },
    });
    expect(await statusOf(left)).toBe('Failure 1');
  });

  it('lets optional children that run go on, whatever the parent does next', async () => {
    const { a, child, below } = await service.create([
      task('a', START),
      task('child', START, after([], ['a'])),
      task('below', START, after(['child'])),
    ]);
    await untilRunning(service, a);
    await service.fail(a);
    await untilRunning(service, child);
    await rerunTask(a);
    await untilRunning(service, a);
    await report(a, 2, { status: 'Failure', failure_reason: 'x' });
    expect(await statusesOf(child, below)).toEqual(['Running 1', 'Waiting 1']);
    await service.succeed(child);
    await untilRunning(service, below);
  });

  it('tells the completion of the batch again, with a key of its own and the counts of then', async () => {
    const [path, others] = [newPath(), newPath()];
    const { left, right, end, batch } = await diamond({
      on_batch_complete: [webhook(receiver.url(path)), webhook(receiver.url(others))],
    });
    await service.succeed(right);
    await allDelivered(service);
    await rerunBatch(batch);
    await untilRunning(service, left);
    expect(keysTo(path)).toHaveLength(1);
    await succeed(left, 2);
    await untilRunning(service, end);
    await succeed(end, 2);
    await allDelivered(service);
    expect(keysTo(path)).toEqual([`batch:${batch}:complete`, `batch:${batch}:complete:2`]);
    expect(keysTo(others)).toEqual([`batch:${batch}:complete:1`, `batch:${batch}:complete:2:1`]);
    expect(receiver.received(path).map(({ body }) => (body as { arcrun: { counts: object } }).arcrun.counts)).toEqual([
      { success: 2, failure: 2, canceled: 0 },
      { success: 4, failure: 0, canceled: 0 },
    ]);
    expect((await service.call('GET', `/batch/${batch}`)).body.status_counts).toMatchObject({ success: 4 });
  });

  it('gives no key twice to batches with many completion actions', async () => {
    const path = newPath();
    const on_batch_complete = Array<object>(4).fill(webhook(receiver.url(path)));
    const { a, batch } = await service.create({ tasks: [task('a', START)], on_batch_complete } as { tasks: object[] });
    for (const attempt of [1, 2, 3]) {
      await untilRunning(service, a);
      await report(a, attempt, { status: 'Failure', failure_reason: 'x' });
      if (attempt < 3) await rerunBatch(batch);
    }
    await allDelivered(service);
    expect(new Set(keysTo(path)).size).toBe(12);
  });

  it('lifts the stop of a batch', async () => {
    const { a, batch } = await service.create([task('a', START)]);
    await service.call('DELETE', `/batch/${batch}`);
    await rerunBatch(batch);
    await untilRunning(service, a);
    expect(await statusOf(a)).toBe('Running 2');
  });
});
