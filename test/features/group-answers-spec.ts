import { Deliverer } from '../../src/webhook/deliverer';
import type { Action } from '../../src/domain/action';
import { deliveriesOf } from '../support/deliveries';
import { useReceiver, useService } from '../support/fixture';
import { allDelivered, untilRunning } from '../support/graph';
import { entriesOf, groupCallsOf, grouped, keysOf, results } from '../support/groups';
import { eventually } from '../support/poll';
import type { Script } from '../support/receiver';
import { after, provider, task, type Task, webhook } from '../support/service';
import { RawServer } from '../support/strange-servers';

const TOKEN = 'token-of-the-service';
const RETRY = { max_attempts: 2, delay_secs: 0, jitter: 0 };

describe('Calls of a group', () => {
  const receiver = useReceiver();
  const service = useService({
    AUTH_TOKEN: TOKEN,
    WEBHOOK_TIMEOUT_SECS: '1',
    WEBHOOK_RETRY_BACKOFF_BASE_SECS: '0',
    WEBHOOK_DELIVERY_INTERVAL_MS: '50',
  });
  beforeAll(() => (service.token = TOKEN));

  const { path, start } = groupCallsOf(service, receiver);
  const startKey = (id: string) => `${id}:start`;
  const statusOf = async (id: string) => {
    const { status, failure_reason } = await service.task(id);
    return failure_reason === null ? status : `${status}: ${failure_reason}`;
  };

  describe('are all accepted by a 2xx', () => {
    it.each<[what: string, reply: Script]>([
      ['without a body', { status: 204 }],
      ['with plain text', { body: 'ok' }],
      ['with invalid JSON', { body: '{"results": [{' }],
      ['with other JSON', { body: { results: { key: 'x' } } }],
      ['with results that are no objects', results(null, 7, 'x', [], [{}])],
      [
        'with results of unknown keys',
        results({ key: 'x', refused: 'no' }, { refused: 'no' }, { key: 7, refused: 'no' }),
      ],
      ['with an action that names no call', { body: webhook('http://worker.example/') }],
      ['with brackets nested deeply', { body: `${'['.repeat(10_000)}${']'.repeat(10_000)}` }],
      [
        'with refusals that are null or false',
        (call) => results(...keysOf(call).map((key, i) => ({ key, refused: i ? null : false }))),
      ],
    ])('%s', async (_what, reply) => {
      const to = path(reply);
      const { a, b } = await start(2, grouped(receiver.url(to)));
      await untilRunning(service, a, b);
      expect(receiver.received(to).map((call) => keysOf(call).length)).toEqual([2]);
    });

    it('with a body that is cut off', async () => {
      const raw = await RawServer.start();
      try {
        const url = raw.url(['HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"results": [', null]);
        const { a, b } = await start(2, grouped(url));
        await untilRunning(service, a, b);
      } finally {
        await raw.close();
      }
    });

    it('of more than 64 KiB, up to 64 KiB for each call', async () => {
      const metadata = 'x'.repeat(60_000);
      const to = path((call) => results(...keysOf(call).map((key) => ({ key, status: 'Success', metadata }))));
      const { a, b } = await start(2, grouped(receiver.url(to)));
      await eventually(async () => {
        for (const id of [a, b]) expect(await service.task(id)).toMatchObject({ status: 'Success', metadata });
      });
    });
  });

  it('are answered one by one in the body of a 2xx', async () => {
    const cancel = (n: number) => webhook(`http://worker.example/${n}`);
    const to = path((call) => {
      const [a, b, c, d] = keysOf(call);
      return results(
        { key: a, status: 'Success', new_success: 3 },
        { key: b, status: 'Failure', failure_reason: 'The disk is full' },
        { key: c, ...cancel(1) },
        { key: 'unknown', status: 'Success' },
        { key: c, kind: 'Carrier pigeon' },
        { key: c, ...cancel(2) },
        { key: d, refused: 'Not today' },
      );
    });
    const { a, b, c, d, e } = await start(5, grouped(receiver.url(to)));
    await eventually(async () =>
      expect(await Promise.all([a, b, c, d, e].map(statusOf))).toEqual([
        'Success',
        'Failure: The disk is full',
        'Running',
        'Failure: on_start webhook failed: refused the call: Not today',
        'Running',
      ]),
    );
    expect(await service.task(a)).toMatchObject({ success: 3 });
    const { actions } = await service.task(c);
    expect((actions as { trigger: string; params: object }[]).filter(({ trigger }) => trigger === 'Cancel')).toEqual(
      [1, 2].map((n) => expect.objectContaining({ params: cancel(n).params }) as object),
    );
    expect(await deliveriesOf(service, d)).toMatchObject([
      {
        idempotency_key: startKey(d),
        status: 'failure',
        attempts: 1,
        last_status: 200,
        last_error: 'Webhook refused the call: Not today',
      },
    ]);
    expect(await deliveriesOf(service, e)).toMatchObject([{ idempotency_key: startKey(e), status: 'success' }]);
  });

  it.each<[what: string, refused: unknown, reason: string]>([
    ['without a reason', '', 'refused the call'],
    ['with a reason that is no text', { code: 7 }, 'refused the call'],
    ['with characters that cannot be stored', 'a\u0000b\ud800', 'refused the call: a\ufffdb\ufffd'],
    ['with a long reason', 'x'.repeat(50_000), `refused the call: ${'x'.repeat(1000)}…`],
  ])('can be refused %s', async (_what, refused, reason) => {
    const to = path((call) => results({ key: keysOf(call)[1], refused }));
    const { a, b } = await start(2, grouped(receiver.url(to)));
    await eventually(async () =>
      expect(await Promise.all([a, b].map(statusOf))).toEqual([
        'Running',
        `Failure: on_start webhook failed: ${reason}`,
      ]),
    );
  });

  it.each<[what: string, reply: Script, reason: string]>([
    ['an answer other than 2xx', { status: 503, body: { results: [] } }, 'answered 503'],
    ['an answer that comes too late', 'silence', 'did not answer within 1 s'],
    ['a closed connection', 'destroy', 'call failed (UND_ERR_SOCKET)'],
  ])('are all refused by %s', async (_what, reply, reason) => {
    const to = path(reply);
    const { a, b } = await start(2, grouped(receiver.url(to)));
    await eventually(async () =>
      expect(await Promise.all([a, b].map(statusOf))).toEqual(
        Array(2).fill(`Failure: on_start webhook failed: ${reason}`),
      ),
    );
  });

  it('are refused for good by 410, and otherwise started again with keys and handles of the next attempt', async () => {
    const [gone, busy] = [path({ status: 410 }), path({ status: 503 }, {})];
    const first = await start(2, grouped(receiver.url(gone)), { retry: RETRY });
    const second = await start(2, grouped(receiver.url(busy)), { retry: RETRY });
    await untilRunning(service, second.a, second.b);
    const again = receiver.received(busy).slice(1).flatMap(entriesOf);
    expect(again.map(({ key, attempt }) => [key, attempt]).sort()).toEqual(
      [second.a, second.b].map((id) => [`${id}:attempt-2:start`, 2]).sort(),
    );
    for (const { handle, task_id } of again) expect(handle).toContain(`/task/${task_id}?attempt=2&token=`);
    for (const id of [first.a, first.b]) expect(await service.task(id)).toMatchObject({ status: 'Failure' });
    expect(receiver.received(gone)).toHaveLength(1);
  });

  it('delay the next attempt of each task as Retry-After of a 503 says', async () => {
    const to = path({ status: 503, headers: { 'retry-after': '600' } });
    const { a, b } = await start(2, grouped(receiver.url(to)), { retry: { ...RETRY, max_delay_secs: 900 } });
    await eventually(async () => {
      for (const id of [a, b]) {
        const { status, run_at } = await service.task(id);
        expect(status).toBe('Pending');
        expect(Date.parse(run_at as string) - Date.now()).toBeGreaterThan(500_000);
      }
    });
  });

  describe('about the ends of tasks', () => {
    /** Lets three tasks fail at the same moment, and returns their ids. */
    const failed = async (on_failure: Action[]): Promise<string[]> => {
      const [root, never] = [path(), path()];
      const children = ['b', 'c', 'd'].map((id) => task(id, receiver.url(never), { ...after(['a']), on_failure }));
      const { a, b, c, d } = await service.create([task('a', receiver.url(root)), ...children]);
      await untilRunning(service, a);
      await service.fail(a);
      return [b, c, d];
    };
    const endKey = (id: string) => `${id}:end:failure`;

    it('are one request, with handles that only allow reading', async () => {
      const to = path();
      const ids = await failed([grouped(receiver.url(to), { body: { done: true } })]);
      const [call] = await receiver.waitFor(1, to);
      expect(keysOf(call).sort()).toEqual(ids.map(endKey).sort());
      for (const { trigger, body, handle, task_id } of entriesOf(call)) {
        expect([trigger, body]).toEqual(['end', { done: true }]);
        const light = (await (await fetch(handle!)).json()) as Task;
        expect(light).toMatchObject({ id: task_id, status: 'Failure' });
        expect((await fetch(handle!, { method: 'PATCH', body: '{}' })).status).toBe(403);
      }
      await allDelivered(service);
      for (const id of ids) expect(await deliveriesOf(service, id)).toMatchObject([{ status: 'success', attempts: 1 }]);
    });

    it('are delivered except those that the body refuses, which are repeated', async () => {
      const refused: string[] = [];
      const to = path((call) => {
        if (refused.length === 0) refused.push(keysOf(call)[1]);
        return results({ key: refused[0], refused: 'Not yet' });
      }, {});
      const ids = await failed([grouped(receiver.url(to))]);
      const [, again] = await receiver.waitFor(2, to);
      expect(keysOf(again)).toEqual(refused);
      await allDelivered(service);
      for (const id of ids) {
        const isRefused = refused.includes(endKey(id));
        expect(await deliveriesOf(service, id)).toMatchObject([{ status: 'success', attempts: isRefused ? 2 : 1 }]);
      }
    });

    it('are all repeated after an answer other than 2xx, which says something about the host only once', async () => {
      const to = path('destroy', { status: 500 }, 'destroy', 'destroy', {});
      const ids = await failed([1, 2, 3].map((n) => grouped(receiver.url(to), { body: n })));
      await allDelivered(service);
      expect(new Set(receiver.received(to).flatMap(keysOf))).toHaveProperty('size', 3 * ids.length);
      expect(provider(service, Deliverer).isCoolingDown(new URL(receiver.url('')).host)).toBe(false);
    });

    it('are exhausted by 410', async () => {
      const to = path({ status: 410 });
      const ids = await failed([grouped(receiver.url(to))]);
      await allDelivered(service);
      for (const id of ids)
        expect(await deliveriesOf(service, id)).toMatchObject([{ status: 'exhausted', last_status: 410, attempts: 1 }]);
    });
  });
});
