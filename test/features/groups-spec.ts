import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { Action } from '../../src/domain/action';
import { startReplica, useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { entriesOf, groupCallsOf, grouped, keysOf, results } from '../support/groups';
import { eventually } from '../support/poll';
import type { Call } from '../support/receiver';
import { Scrape } from '../support/scrape';
import { idsOf, task } from '../support/service';
import { TRACED, traced } from '../support/traced';

const SECRET = `whsec_${randomBytes(32).toString('base64')}`;
const TOKEN = 'token-of-the-service';

describe('Calls of an action with a group', () => {
  const receiver = useReceiver();
  const service = useService({ AUTH_TOKEN: TOKEN, WEBHOOK_SIGNING_SECRET: SECRET });
  beforeAll(() => (service.token = TOKEN));

  const { path, start } = groupCallsOf(service, receiver);
  const startKey = (id: string) => `${id}:start`;

  describe('are one request', () => {
    it('that names each call with its key, task, handle and body', async () => {
      const to = path();
      const action = (n?: number) => grouped(receiver.url(`${to}?team=shop`), { body: n && { n: [n, 1.0] } });
      const { a, b, batch } = await service.create([
        task('a', '', { on_start: action(1) }),
        task('b', '', { on_start: action() }),
      ]);
      const [call] = await receiver.waitFor(1, to);
      const entry = (id: string) => ({
        key: startKey(id),
        trigger: 'start',
        task_id: id,
        batch_id: batch,
        attempt: 1,
        handle: expect.stringMatching(`^${service.url}/task/${id}\\?token=[\\w.-]+$`) as string,
      });
      expect(entriesOf(call)).toEqual([{ ...entry(a), body: { n: [1, 1] } }, entry(b)]);
      expect(call).toMatchObject({
        method: 'POST',
        query: new URLSearchParams({ team: 'shop' }),
        headers: {
          'content-type': 'application/json',
          'idempotency-key': expect.stringMatching(/^group:[\w-]{43}$/) as string,
          'x-task-trigger': 'start',
          'x-hookline-group': '2',
        },
      });
      for (const name of ['x-task-id', 'x-task-attempt', 'x-batch-id']) expect(call.headers).not.toHaveProperty(name);
    });

    it('that is signed as a whole', async () => {
      const to = path();
      await start(2, grouped(receiver.url(to), { body: 'Grüße' }));
      const [{ text, headers }] = await receiver.waitFor(1, to);
      new Webhook(SECRET).verify(text, headers as Record<string, string>);
      expect(headers['webhook-id']).toBe(headers['idempotency-key']);
    });

    it('with handles that accept reports without the token of the service', async () => {
      const to = path();
      const { a, b } = await start(2, grouped(receiver.url(to)));
      const [call] = await receiver.waitFor(1, to);
      await untilRunning(service, a, b);
      for (const { handle } of entriesOf(call)) {
        const { status } = await fetch(handle!, {
          method: 'PATCH',
          headers: { 'content-type': 'application/json' },
          body: '{"status": "Success"}',
        });
        expect(status).toBe(200);
      }
      for (const id of [a, b]) expect(await service.task(id)).toMatchObject({ status: 'Success' });
    });

    it('also if there is just one', async () => {
      const to = path();
      const { a } = await start(1, grouped(receiver.url(to)));
      const [call] = await receiver.waitFor(1, to);
      expect(keysOf(call)).toEqual([startKey(a)]);
      expect(call.headers['x-hookline-group']).toBe('1');
    });

    it('up to the size that the action allows', async () => {
      const to = path();
      const tasks = await start(5, grouped(receiver.url(to), {}, 2));
      const calls = await receiver.waitFor(3, to);
      expect(calls.map((call) => keysOf(call).length).sort()).toEqual([1, 2, 2]);
      expect(calls.flatMap(keysOf).sort()).toEqual(idsOf(tasks).map(startKey).sort());
    });

    it('of at most 4 MiB, unless one call alone is larger', async () => {
      const to = path();
      const MIB = 1024 * 1024;
      const sizes = [1.5 * MIB, 1.5 * MIB, 1.5 * MIB, 4.5 * MIB];
      const { a, b, c, d } = await service.create(
        sizes.map((size, i) =>
          task('abcd'[i], '', { on_start: grouped(receiver.url(to), { body: 'x'.repeat(size) }) }),
        ),
      );
      const calls = await receiver.waitFor(3, to);
      expect(calls.map(keysOf).toSorted()).toEqual([[a, b], [c], [d]].map((ids) => ids.map(startKey)).toSorted());
      expect(calls.map(({ headers }) => headers['x-hookline-group']).toSorted()).toEqual(['1', '1', '2']);
    });

    it('that is JSON, whatever type the action gives to its own body', async () => {
      const [text, vendor] = [path(), path()];
      const typed = (to: string, type: string) =>
        grouped(receiver.url(to), { body: 'a', headers: { 'Content-Type': type } });
      await service.create([
        task('a', '', { on_start: typed(text, 'text/plain') }),
        task('b', '', { on_start: typed(vendor, 'application/vnd.shop+json') }),
      ]);
      const [[first], [second]] = [await receiver.waitFor(1, text), await receiver.waitFor(1, vendor)];
      expect([first, second].map(({ headers }) => headers['content-type'])).toEqual([
        'application/json',
        'application/vnd.shop+json',
      ]);
      expect(entriesOf(first)[0].body).toBe('a');
    });
  });

  describe('do not share a request', () => {
    it.each<[what: string, other: (url: string) => Action]>([
      ['verbs', (url) => grouped(url, { verb: 'Put' })],
      ['headers', (url) => grouped(url, { headers: { 'x-a': '1' } })],
      ['queries', (url) => grouped(`${url}?b`)],
      ['sizes of groups', (url) => grouped(url, {}, 101)],
    ])('with different %s', async (_what, other) => {
      const to = path();
      const [one, two] = [grouped(receiver.url(to)), other(receiver.url(to))];
      const tasks = await service.create([one, two, one, two].map((on_start, i) => task('abcd'[i], '', { on_start })));
      const calls = await receiver.waitFor(2, to);
      const [a, b, c, d] = idsOf(tasks).map(startKey);
      expect(calls.map(keysOf).sort()).toEqual(
        [
          [a, c],
          [b, d],
        ].sort(),
      );
    });

    it('with calls of actions without a group', async () => {
      const to = path();
      const { a, b } = await service.create([
        task('a', receiver.url(to)),
        task('b', '', { on_start: grouped(receiver.url(to)) }),
      ]);
      const calls = await receiver.waitFor(2, to);
      const alone = calls.find(({ headers }) => !headers['x-hookline-group'])!;
      expect(alone.headers['idempotency-key']).toBe(startKey(a));
      expect(keysOf(calls.find((call) => call !== alone)!)).toEqual([startKey(b)]);
    });
  });

  it('about the completion of a batch have no task and no handle', async () => {
    const to = path();
    const { a, batch } = await service.create({
      tasks: [task('a', receiver.url(path()))],
      on_batch_complete: [grouped(receiver.url(to), { body: { note: 'done' } })],
    } as never);
    await untilRunning(service, a);
    await service.succeed(a);
    const [call] = await receiver.waitFor(1, to);
    expect(entriesOf(call)).toEqual([
      {
        key: `batch:${batch}:complete`,
        trigger: 'batch_complete',
        batch_id: batch,
        body: { note: 'done', arcrun: expect.objectContaining({ batch_id: batch }) as object },
      },
    ]);
  });

  it('count one by one in metrics, while the duration is that of the request', async () => {
    const before = await Scrape.of(service);
    const to = path((call) => results({ key: keysOf(call)[0], refused: 'no' }));
    await start(3, grouped(receiver.url(to)));
    await eventually(async () => {
      const now = await Scrape.of(service);
      const added = (name: string, labels = {}) =>
        now.sum(name, { trigger: 'start', ...labels }) - before.sum(name, { trigger: 'start', ...labels });
      expect({
        accepted: added('hookline_webhook_attempts_total', { outcome: 'success' }),
        refused: added('hookline_webhook_attempts_total', { outcome: 'refused' }),
        requests: added('hookline_webhook_duration_seconds_count'),
        groups: added('hookline_webhook_group_size_count'),
        calls: added('hookline_webhook_group_size_sum'),
      }).toEqual({ accepted: 2, refused: 1, requests: 1, groups: 1, calls: 3 });
    });
  });

  it('have the trace of the request that created them', async () => {
    const to = path();
    const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;
    await fetch(`${service.url}/task`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, traceparent },
      body: JSON.stringify(['a', 'b'].map((id) => task(id, '', { on_start: grouped(receiver.url(to)) }))),
    });
    const [call] = await receiver.waitFor(1, to);
    expect([call.headers.traceparent, ...entriesOf(call).map((entry) => entry.traceparent)]).toEqual(
      Array(3).fill(traceparent),
    );
  });
});

describe('A traced request with several calls', () => {
  const stage = traced();

  it('continues the trace of its calls, or links to all if there are several', async () => {
    const service = await stage.start({ WORKER_ENABLED: '0' });
    const create = async (to: string, ids: string[]) =>
      idsOf(await service.create(ids.map((id) => task(id, '', { on_start: grouped(stage.receiver.url(to)) }))));
    await create('/one', ['a', 'b']);
    await create('/several', ['a']);
    await create('/several', ['a', 'b']);
    await startReplica(service, TRACED);
    const [[one], [several]] = [await stage.receiver.waitFor(1, '/one'), await stage.receiver.waitFor(1, '/several')];
    const spanOf = ({ headers }: Call) =>
      stage.collector.span({ 'hookline.idempotency_key': headers['idempotency-key'] as string });

    const continued = await spanOf(one);
    const [parent, same] = entriesOf(one).map(({ traceparent }) => traceparent!.split('-'));
    expect(same).toEqual(parent);
    expect(continued).toMatchObject({ traceId: parent[1], parentSpanId: parent[2], links: [] });
    expect(one.headers.traceparent).toBe(`00-${continued.traceId}-${continued.spanId}-01`);
    expect(continued.attributes).toMatchObject({ 'hookline.group.size': 2, 'hookline.trigger': 'start' });

    const linked = await spanOf(several);
    const traces = entriesOf(several).map(({ traceparent }) => traceparent!.split('-'));
    expect(linked.parentSpanId).toBeUndefined();
    expect(several.headers).not.toHaveProperty('traceparent');
    const distinct = new Map(traces.map(([, traceId, spanId]) => [spanId, { traceId, spanId }]));
    expect(distinct.size).toBe(2);
    expect(linked.links).toEqual([...distinct.values()]);
  });
});
