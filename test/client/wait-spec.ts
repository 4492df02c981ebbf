import { Graph, Hookline, type BatchStats, type LiveEvent, webhook } from '../../clients/typescript/src';
import { useReceiver, useService } from '../support/fixture';
import { Front } from '../support/front';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';

const service = useService();
const receiver = useReceiver();
let front: Front;
let hookline: Hookline;
beforeAll(() => {
  front = new Front(service.url);
  hookline = new Hookline({ url: front.origin });
});
afterEach(() => (front.obstacle = () => undefined));
afterAll(() => front.close());

/** Creates two tasks in a row, and waits until the first runs. */
async function running() {
  const graph = new Graph();
  const on_start = webhook(receiver.url('/start'));
  const a = graph.task('a', { kind: 'test', expected_count: 3, on_start });
  graph.task('b', { kind: 'test', requires: [a], on_start });
  const { batchId, ids } = await hookline.create(graph);
  await untilRunning(service, ids.a!);
  return { batchId, a: ids.a!, b: ids.b! };
}

const isStream = ({ path }: { path: string }) => path.endsWith('/events');

describe('Waiting for a batch', () => {
  const ways = {
    'by events': () => undefined,
    'by polling, where events are refused': () => ({ status: 404 }),
    'by polling, where events break': () => 'destroy' as const,
  };
  it.each(Object.entries(ways))('shows its progress and resolves when all tasks have ended, %s', async (_, way) => {
    const { batchId, a, b } = await running();
    front.obstacle = (passing) => (isStream(passing) ? way() : undefined);
    const shown: BatchStats[] = [];
    const waiting = hookline.waitForBatch(batchId, { onProgress: (stats) => shown.push(stats) });
    await eventually(() => expect(shown).toHaveLength(1));
    await eventually(() => expect(front.seen('GET', `/batch/${batchId}/events`)).not.toEqual([]));
    await hookline.report(a, { new_success: 2 });
    await eventually(() => expect(shown.at(-1)).toMatchObject({ total_success: 2, status_counts: { running: 1 } }));
    await hookline.report(a, { status: 'Failure', failure_reason: 'No' });
    const stats = await waiting;
    expect(stats).toMatchObject({ total_success: 2, status_counts: { failure: 2, running: 0 } });
    expect(shown.at(-1)).toEqual(stats);
    expect(await hookline.task(b)).toMatchObject({ status: 'Failure' });
    // Each was shown because something had changed.
    expect(new Set(shown.map((one) => JSON.stringify(one))).size).toBe(shown.length);
  });

  it('continues after the service was unreachable', async () => {
    const { batchId, a, b } = await running();
    front.obstacle = ({ method }) => (method === 'GET' ? 'destroy' : undefined);
    const waiting = hookline.waitForBatch(batchId);
    await eventually(() => expect(front.seen('GET', `/batch/${batchId}`).length).toBeGreaterThan(1));
    await service.succeed(a);
    await untilRunning(service, b);
    await service.succeed(b);
    front.obstacle = () => undefined;
    expect(await waiting).toMatchObject({ status_counts: { success: 2 } });
  });

  it('ends with its timeout or signal', async () => {
    const { batchId } = await running();
    await expect(hookline.waitForBatch(batchId, { timeoutMs: 50 })).rejects.toMatchObject({ name: 'TimeoutError' });
    const abort = new AbortController();
    const reason = new Error('enough');
    const waiting = hookline.waitForBatch(batchId, { signal: abort.signal, onProgress: () => abort.abort(reason) });
    await expect(waiting).rejects.toBe(reason);
    await hookline.stop(batchId);
  });

  it('fails at once for an unknown batch', async () => {
    const waiting = hookline.waitForBatch('019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e00');
    await expect(waiting).rejects.toMatchObject({ name: 'HooklineError', status: 404 });
  });
});

describe('Events of a batch', () => {
  it('are resumed where they broke off', async () => {
    const { batchId, a, b } = await running();
    const seen: LiveEvent[] = [];
    const abort = new AbortController();
    const reading = (async () => {
      for await (const event of hookline.events(batchId, { signal: abort.signal })) seen.push(event);
    })();
    const last = () =>
      seen.flatMap((event) => (event.type === 'task' ? [`${event.task.name} ${event.task.status}`] : []));
    await eventually(() => expect(seen.map(({ type }) => type)).toContain('ready'));
    await hookline.report(a, { new_success: 1 });
    await eventually(() => expect(last()).toContain('a Running'));

    front.obstacle = (passing) => (isStream(passing) ? 'destroy' : undefined);
    front.cut();
    await eventually(() => expect(seen.map(({ type }) => type)).toContain('interrupted'));
    await service.succeed(a);
    await untilRunning(service, b);
    front.obstacle = () => undefined;
    await eventually(() => expect(last()).toEqual(expect.arrayContaining(['a Success', 'b Running'])));
    const resumed = front.seen('GET', `/batch/${batchId}/events`).at(-1)!;
    expect(seen.map(({ id }) => id)).toContain(resumed.headers['last-event-id']);

    abort.abort();
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
    await hookline.stop(batchId);
  });

  it('end when the reader leaves, and are refused for an unknown batch', async () => {
    const { batchId } = await running();
    for await (const { type } of hookline.events(batchId)) if (type === 'ready') break;
    await hookline.stop(batchId);
    const missing = hookline.events('019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e00');
    await expect(missing.next()).rejects.toMatchObject({ status: 404 });
  });
});
