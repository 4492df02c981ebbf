import { createReceiver, Graph, Hookline, type Job, type Receiver, webhook } from '../../clients/typescript/src';
import { Front, type Passing } from '../support/front';
import { Gate } from '../support/gate';
import { untilRunning } from '../support/graph';
import type { LocalServer } from '../support/local-server';
import { eventually } from '../support/poll';
import { serve } from '../support/serve';
import { Service } from '../support/service';

/** Uses a receiver whose task ends when `gate` opens. */
describe('Reports of a receiver', () => {
  let service: Service;
  let front: Front;
  let hookline: Hookline;
  let receiver: Receiver;
  let served: LocalServer;
  let gate: Gate;
  let job: Job;
  const errors: unknown[] = [];

  beforeAll(async () => {
    front = new Front();
    service = await Service.start({ HOST_URL: front.origin });
    front.target = await service.app.getUrl();
    hookline = new Hookline({ url: front.target });
  });
  beforeEach(() => {
    gate = new Gate();
    errors.splice(0);
    listen();
  });
  afterEach(async () => {
    front.obstacle = () => undefined;
    gate.open();
    await served.close();
    await receiver.close();
  });
  afterAll(async () => {
    await service.stop();
    await front.close();
  });

  function listen(heartbeatSecs?: number): void {
    receiver = createReceiver({
      secrets: false,
      heartbeatSecs,
      starts: { '/start': (given) => ((job = given), gate.opened) },
      onError: (error) => errors.push(error),
    });
    served = serve(receiver);
  }

  async function started(rest: object = {}): Promise<string> {
    const graph = new Graph();
    graph.task('a', { kind: 'test', on_start: webhook(`${served.origin}/start`), ...rest });
    const { ids } = await hookline.create(graph);
    await untilRunning(service, ids.a!);
    return ids.a!;
  }

  const isReport = ({ method }: Passing) => method === 'PATCH' || method === 'PUT';
  const ended = (id: string, expected: object) =>
    eventually(async () => expect(await hookline.task(id)).toMatchObject(expected), { timeoutMs: 20_000 });

  it.each([
    ['cannot be reached', () => 'destroy' as const],
    ['is not ready', () => ({ status: 503 })],
    ['asks to wait', () => ({ status: 429, headers: { 'retry-after': '1' } })],
  ])('are repeated while the service %s', async (_, obstacle) => {
    const id = await started();
    let away = true;
    front.obstacle = (passing) => (away && isReport(passing) ? obstacle() : undefined);
    const counted = job.progress(2);
    await eventually(() => expect(front.seen('PUT', `/task/${id}`)).not.toEqual([]));
    away = false;
    await counted;
    expect(await hookline.task(id)).toMatchObject({ status: 'Running', success: 2 });

    away = true;
    gate.open();
    await eventually(() => expect(front.seen('PATCH', `/task/${id}`)).not.toEqual([]));
    away = false;
    await ended(id, { status: 'Success', success: 2 });
    expect(errors).toEqual([]);
  });

  it('wait for the time that the service asks for', async () => {
    const id = await started();
    front.obstacle = (passing) => (isReport(passing) ? { status: 503, headers: { 'retry-after': '60' } } : undefined);
    // Longer than progress waits: the error is reported, and the count is left to the next report.
    await job.progress(2);
    expect(front.seen('PUT', `/task/${id}`)).toHaveLength(1);
    expect(errors).toMatchObject([{ status: 503, retryAfterMs: 60_000 }]);
    front.obstacle = () => undefined;
    gate.open();
    await ended(id, { status: 'Success', success: 2 });
    expect(JSON.parse(front.seen('PATCH', `/task/${id}`)[0].body)).toEqual({ status: 'Success', new_success: 2 });
  });

  it('are not repeated when they are refused', async () => {
    const id = await started();
    front.obstacle = (passing) => (isReport(passing) ? { status: 401 } : undefined);
    gate.open();
    await receiver.close();
    expect(front.seen('PATCH', `/task/${id}`)).toHaveLength(1);
    expect(errors).toMatchObject([{ status: 401 }]);
  });

  it('of progress in quick succession are sent as one', async () => {
    const id = await started();
    await Promise.all(Array.from({ length: 100 }, () => job.progress(1, 2)));
    expect(await hookline.task(id)).toMatchObject({ success: 100, failures: 200 });
    expect(front.seen('PUT', `/task/${id}`)).toHaveLength(1);
    for (const count of [-1, 0.5, NaN, 2 ** 31]) expect(() => job.progress(count)).toThrow(RangeError);
  });

  it('wait for a task that is requeued', async () => {
    const id = await started();
    await service.query(`UPDATE task SET status = 'Waiting' WHERE id = $1`, [id]);
    gate.open();
    await eventually(() => expect(front.seen('PATCH', `/task/${id}`).some(({ status }) => status === 404)).toBe(true));
    await service.query(`UPDATE task SET status = 'Running' WHERE id = $1`, [id]);
    await ended(id, { status: 'Success' });
    expect(errors).toEqual([]);
  });

  it('are sent as heartbeats if configured, and notice the end of the task', async () => {
    await served.close();
    listen(0.02);
    const id = await started();
    await eventually(() => expect(front.seen('PATCH', `/task/${id}`).length).toBeGreaterThan(2));
    expect(front.seen('PATCH', `/task/${id}`)[0].body).toBe('{}');
    let called = false;
    job.onCancel(() => (called = true));
    // As after a timeout, which no receiver is told of.
    await hookline.report(id, { status: 'Failure', failure_reason: 'Timeout' });
    await eventually(() => expect([job.signal.aborted, called]).toEqual([true, true]));
    gate.open();
    await receiver.close();
    expect(await hookline.task(id)).toMatchObject({ status: 'Failure', failure_reason: 'Timeout' });
    expect(errors).toEqual([]);
  });

  it.each([
    ['progress', undefined],
    ['heartbeats', 0.02],
  ])('of %s notice that another attempt has begun, and end the work on this one', async (_, heartbeatSecs) => {
    await served.close();
    listen(heartbeatSecs);
    const id = await started({ retry: { max_attempts: 2, delay_secs: 1000 } });
    // As after a timeout, which no receiver is told of.
    await hookline.report(id, { status: 'Failure', failure_reason: 'Timeout' });
    if (!heartbeatSecs) await job.progress();
    await eventually(() => expect(job.signal.aborted).toBe(true));
    gate.open();
    await receiver.close();
    expect(front.seen('PATCH', `/task/${id}`).filter(({ body }) => body !== '{}')).toEqual([]);
    expect(await hookline.task(id)).toMatchObject({ status: 'Pending', attempt: 2, success: 0 });
    expect(errors).toEqual([]);
  });

  it('are completed when a receiver is closed, which accepts no new work', async () => {
    const id = await started();
    let isClosed = false;
    const closing = receiver.close().then(() => (isClosed = true));
    const graph = new Graph();
    graph.task('late', { kind: 'test', on_start: webhook(`${served.origin}/start`) });
    const late = await hookline.create(graph);
    await ended(late.ids.late!, { status: 'Failure', failure_reason: expect.stringContaining('503') });
    expect(isClosed).toBe(false);
    front.obstacle = (passing) => (isReport(passing) ? 'destroy' : undefined);
    gate.open();
    await eventually(() => expect(front.seen('PATCH', `/task/${id}`)).not.toEqual([]));
    expect(isClosed).toBe(false);
    front.obstacle = () => undefined;
    await closing;
    expect(await hookline.task(id)).toMatchObject({ status: 'Success' });
  });
});
