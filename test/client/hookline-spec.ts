import { randomUUID } from 'node:crypto';
import { Graph, Hookline, webhook } from '../../clients/typescript/src';
import { useReceiver, useService } from '../support/fixture';
import { Front } from '../support/front';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';

const TOKEN = 'a-token-that-is-long-enough';

describe('The client', () => {
  const service = useService({ AUTH_TOKEN: TOKEN, WEBHOOK_MAX_ATTEMPTS: '1' });
  const receiver = useReceiver();
  let front: Front;
  let hookline: Hookline;
  beforeAll(() => {
    front = new Front(service.url);
    hookline = new Hookline({ url: front.origin, token: TOKEN });
  });
  afterEach(() => (front.obstacle = () => undefined));
  afterAll(() => front.close());

  async function started(rest: object = {}) {
    const graph = new Graph({ scope: 'client' });
    graph.task('a', { kind: 'some kind', on_start: webhook(receiver.url('/start')), ...rest });
    const { batchId, ids } = await hookline.create(graph);
    await untilRunning(service, ids.a!);
    return { batchId, id: ids.a! };
  }

  it('reads single and listed tasks, batches and deliveries', async () => {
    const { batchId, id } = await started();
    expect(await hookline.task(id)).toMatchObject({ id, kind: 'some kind', status: 'Running' });
    expect(await hookline.why(id)).toMatchObject({ reasons: [expect.objectContaining({ type: 'running' })] });
    expect(await hookline.tasks({ kind: 'e k', batch_id: batchId, page_size: 5 })).toMatchObject([{ id }]);
    expect(await hookline.tasks({ batch_id: batchId, status: 'Failure', name: undefined })).toEqual([]);
    expect(await hookline.batches({ scope: 'client' })).toContainEqual(expect.objectContaining({ batch_id: batchId }));
    expect(await hookline.deliveries({ task_id: id })).toMatchObject([{ trigger: 'start', status: 'success' }]);
  });

  it('pauses, resumes, cancels and stops', async () => {
    const { batchId, id } = await started();
    await hookline.pause(id);
    expect(await hookline.task(id)).toMatchObject({ status: 'Paused' });
    await hookline.resume(id);
    expect(await hookline.updateRules(batchId, 'some kind', [])).toMatchObject({ updated_count: 1 });
    await hookline.cancel(id);
    expect(await hookline.task(id)).toMatchObject({ status: 'Canceled' });
    expect(await hookline.stop(batchId)).toMatchObject({ already_terminal: 1 });
  });

  it('is told of names that the service does not know, unless it is not strict', async () => {
    const mistyped = () => {
      const graph = new Graph();
      graph.task('a', { kind: 'test', on_start: webhook(receiver.url('/start')), ...{ timout: 5 } });
      return graph;
    };
    await expect(hookline.create(mistyped())).rejects.toMatchObject({
      status: 400,
      faults: [{ field: 'tasks[0].timout', message: 'is unknown; did you mean timeout?' }],
    });
    await expect(hookline.tasks({ page: 0, ...{ stats: 'Running' } })).rejects.toMatchObject({ status: 400 });
    const lenient = new Hookline({ url: front.origin, token: TOKEN, strict: false });
    expect(await lenient.create(mistyped())).toMatchObject({ batchId: expect.any(String) as string });
    expect(await lenient.tasks({ page: 0, ...{ stats: 'Running' } })).toEqual(expect.any(Array));
  });

  it('creates a graph once for each idempotency key', async () => {
    const graph = (scope: string) => {
      const made = new Graph({ scope });
      made.task('a', { kind: 'test', on_start: webhook(receiver.url('/start')) });
      return made;
    };
    const idempotencyKey = randomUUID();
    const first = await hookline.create(graph('keyed'), { idempotencyKey });
    expect(await hookline.create(graph('keyed'), { idempotencyKey })).toEqual(first);
    expect(await hookline.batches({ scope: 'keyed' })).toHaveLength(1);
    await expect(hookline.create(graph('other'), { idempotencyKey })).rejects.toMatchObject({
      status: 422,
      isTemporary: false,
    });
  });

  it('delays tasks, and moves their start', async () => {
    const runAt = new Date(Date.now() + 3_600_000);
    const graph = new Graph();
    graph.task('a', { kind: 'test', runAt, on_start: webhook(receiver.url('/start')) });
    const { batchId, ids } = await hookline.create(graph);
    const id = ids.a!;
    expect(await hookline.task(id)).toMatchObject({ status: 'Pending', run_at: runAt.toISOString() });
    expect(await hookline.tasks({ batch_id: batchId, delayed: true })).toMatchObject([{ id }]);
    expect(await hookline.tasks({ batch_id: batchId, delayed: false })).toEqual([]);
    const later = new Date(Date.now() + 7_200_000);
    await hookline.reschedule(id, later);
    expect(await hookline.task(id)).toMatchObject({ status: 'Pending', run_at: later.toISOString() });
    await hookline.reschedule(id, null);
    await untilRunning(service, id);
    await expect(hookline.reschedule(id, null)).rejects.toMatchObject({ status: 409, currentStatus: 'Running' });
  });

  it('lists attempts, and reports on the one that it is asked to', async () => {
    const { batchId, id } = await started({ retry: { max_attempts: 2, delay_secs: 0 } });
    await hookline.report(id, { status: 'Failure', failure_reason: 'Not yet' });
    await untilRunning(service, id);
    await expect(hookline.report(id, {})).rejects.toMatchObject({ status: 409, isTemporary: false, currentAttempt: 2 });
    await hookline.report(id, { status: 'Success' }, { attempt: 2 });
    expect(await hookline.attempts(id)).toMatchObject([
      { attempt: 2, status: 'Success' },
      { attempt: 1, status: 'Failure', failure_reason: 'Not yet' },
    ]);
    expect(await hookline.tasks({ batch_id: batchId, attempt_above: 1 })).toMatchObject([{ id }]);
    expect(await hookline.tasks({ batch_id: batchId, attempt_above: 2 })).toEqual([]);
  });

  it('reports on many tasks, and reads their results', async () => {
    const [one, other] = [await started(), await started()];
    const outcomes = await hookline.reports([
      { id: one.id, status: 'Success', result: [1] },
      { id: randomUUID(), status: 'Success' },
      { id: other.id, attempt: 2, status: 'Success' },
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([200, 404, 409]);
    expect(outcomes[2]).toMatchObject({ id: other.id, error: expect.any(String), current_attempt: 1 });
    expect(await hookline.results(one.batchId)).toEqual({ a: [1] });
    expect(await hookline.count([{ id: other.id, new_success: 2 }])).toEqual([{ id: other.id, status: 202 }]);
    expect(await hookline.batch(other.batchId)).toMatchObject({ total_success: 2 });
  });

  it('reruns a batch, chosen tasks of it, or a task', async () => {
    const { batchId, id } = await started();
    const fail = async (attempt: number) => {
      await untilRunning(service, id);
      await hookline.report(id, { status: 'Failure', failure_reason: 'No' }, { attempt });
    };
    await fail(1);
    const idempotencyKey = randomUUID();
    const again = { batch_id: batchId, tasks: [{ id, attempt: 2 }] };
    expect(await hookline.rerun(batchId, { idempotencyKey })).toEqual(again);
    await fail(2);
    expect(await hookline.rerun(batchId, { idempotencyKey })).toEqual(again);
    expect(await hookline.rerun(batchId, { taskIds: [id] })).toMatchObject({ tasks: [{ attempt: 3 }] });
    await untilRunning(service, id);
    await hookline.report(id, { status: 'Success' }, { attempt: 3 });
    await expect(hookline.rerunTask(id)).rejects.toMatchObject({ status: 409, isTemporary: false });
    expect(await hookline.rerunTask(id, { downstream: true })).toMatchObject({ tasks: [{ attempt: 4 }] });
  });

  it('adds tasks to a batch, between existing ones', async () => {
    const graph = new Graph();
    const on_start = webhook(receiver.url('/start'));
    const a = graph.task('a', { kind: 'test', on_start });
    graph.task('c', { kind: 'test', requires: [a], on_start });
    const { batchId, ids } = await hookline.create(graph);
    const more = new Graph();
    more.task('b', { kind: 'test', after: [ids.a!], before: [ids.c!], on_start });
    const added = await hookline.addTasks(batchId, more, { idempotencyKey: randomUUID() });
    expect(added).toMatchObject({ batchId, ids: { b: expect.any(String) } });
    expect((await hookline.dag(batchId)).links).toEqual(
      expect.arrayContaining([
        { parent_id: ids.a, child_id: added.ids.b, requires_success: false },
        { parent_id: added.ids.b, child_id: ids.c, requires_success: false },
      ]),
    );
  });

  it('saves, reads, pauses, resumes, runs and deletes schedules', async () => {
    const batch = new Graph();
    batch.task('a', { kind: 'test', on_start: webhook(receiver.url('/start')) });
    const starts_at = new Date(Date.now() + 86_400_000);
    const saved = await hookline.schedule('nightly', { cron: '@daily', batch, starts_at, overlap: 'skip' });
    expect(saved).toMatchObject({ name: 'nightly', overlap: 'skip', starts_at: starts_at.toISOString() });
    expect(saved.batch).toEqual(batch.toJSON());
    expect(await hookline.readSchedule('nightly')).toEqual(saved);
    expect(await hookline.schedules({ page_size: 5 })).toMatchObject([{ name: 'nightly' }]);
    expect(await hookline.pauseSchedule('nightly')).toMatchObject({ paused: true, next: [] });
    expect(await hookline.resumeSchedule('nightly')).toMatchObject({ paused: false, next_due_at: saved.next_due_at });
    const { batch_id } = await hookline.runSchedule('nightly');
    expect(await hookline.batch(batch_id!)).toMatchObject({ total_tasks: 1 });
    await hookline.deleteSchedule('nightly');
    await expect(hookline.readSchedule('nightly')).rejects.toMatchObject({ status: 404 });
  });

  it('replays exhausted deliveries', async () => {
    receiver.reply('/told', { status: 500 }, { status: 500 }, { status: 200 });
    const { id } = await started({ on_success: [webhook(receiver.url('/told'))] });
    await hookline.report(id, { status: 'Success' });
    const exhausted = () => hookline.deliveries({ task_id: id, status: 'exhausted' });
    const [delivery] = await eventually(async () => {
      const found = await exhausted();
      expect(found).toHaveLength(1);
      return found;
    });
    expect(await hookline.delivery(delivery.id)).toMatchObject({ id: delivery.id, attempt_log: [{ status: 500 }] });
    await hookline.replay(delivery.id);
    expect(await hookline.auditLog({ task_id: id })).toMatchObject([{ action: 'replay_deliveries' }]);
    await receiver.waitFor(2, '/told');
    await eventually(async () => expect(await exhausted()).toHaveLength(1));
    expect(await hookline.replayExhausted({ task_id: id })).toMatchObject({ replayed: 1 });
    await receiver.waitFor(3, '/told');
  });

  it('reports why the service refuses a request', async () => {
    const { id } = await started();
    await hookline.report(id, { status: 'Success' });
    await expect(hookline.report(id, { status: 'Success' })).rejects.toMatchObject({
      name: 'HooklineError',
      status: 404,
      title: 'Not Found',
      currentStatus: 'Success',
      isTemporary: false,
    });
    await expect(hookline.task('no/../uuid')).rejects.toMatchObject({
      status: 400,
      detail: expect.stringMatching(/UUID/i),
    });
    await expect(new Hookline({ url: front.origin }).batches()).rejects.toMatchObject({ status: 401 });
  });

  it('reports whether an error is temporary, and how long to wait', async () => {
    const hookline = new Hookline({ url: front.origin, token: TOKEN, retries: 0 });
    front.obstacle = () => ({ status: 503, headers: { 'retry-after': '7' } });
    await expect(hookline.batches()).rejects.toMatchObject({ status: 503, isTemporary: true, retryAfterMs: 7000 });
    front.obstacle = () => ({ status: 409, headers: { 'retry-after': '1' } });
    await expect(hookline.batches()).rejects.toMatchObject({ status: 409, isTemporary: true, retryAfterMs: 1000 });
    front.obstacle = () => 'destroy';
    await expect(hookline.batches()).rejects.toMatchObject({ status: 0, title: 'No answer', isTemporary: true });
  });

  it('handles errors of a proxy, whatever members they have', async () => {
    receiver.reply('/batches', { status: 503, body: { title: 7, details: 'upstream down' } });
    const behind = new Hookline({ url: receiver.url(''), retries: 0 });
    await expect(behind.batches()).rejects.toMatchObject({ name: 'HooklineError', status: 503, isTemporary: true });
  });

  it('aborts on the signal of its caller, and after its timeout', async () => {
    receiver.reply('/batches', 'silence');
    const silent = new Hookline({ url: receiver.url(''), timeoutMs: 30, retries: 0 });
    await expect(silent.batches()).rejects.toMatchObject({ status: 0, isTemporary: true });
    await expect(silent.batches({}, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });

  it('iterates over all pages of a list, each item once, while others are added', async () => {
    const graph = new Graph({ scope: 'pages' });
    for (let n = 0; n < 7; n++) graph.task(`${n}`, { kind: 'page', on_start: webhook(receiver.url('/start')) });
    const { ids } = await hookline.create(graph);
    const found: string[] = [];
    for await (const { id } of hookline.allTasks({ kind: 'page', page_size: 3 })) {
      found.push(id);
      // Two tasks move to the next page.
      if (found.length === 2) for (let n = 0; n < 2; n++) await started({ kind: 'page' });
    }
    expect(found.sort()).toEqual(Object.values(ids).sort());
    const count = async (items: AsyncIterable<unknown>) => {
      let n = 0;
      for await (const item of items) n += item ? 1 : 0;
      return n;
    };
    for (const name of ['p1', 'p2', 'p3']) await hookline.schedule(name, { cron: '@yearly', batch: graph });
    expect(await count(hookline.allTasks({ kind: 'page', page: 1, page_size: 6 }))).toBe(3);
    expect(await count(hookline.allSchedules({ page_size: 2 }))).toBe(3);
    expect(await count(hookline.allBatches({ kind: 'page', page_size: 2 }))).toBe(3);
    await eventually(async () => {
      const deliveries = { task_id: ids['0'], status: 'success' as const };
      expect(await count(hookline.allDeliveries(deliveries))).toBe(1);
    });
  });
});
