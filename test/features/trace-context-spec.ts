import { useReceiver, useService } from '../support/fixture';
import { allDelivered, untilRunning } from '../support/graph';
import { Gate } from '../support/gate';
import { eventually } from '../support/poll';
import { concurrency } from '../support/rules';
import { after, type Task, task, webhook } from '../support/service';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const TRACESTATE = 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE';

describe('The trace context of a request, without tracing,', () => {
  const receiver = useReceiver();
  const service = useService({ WEBHOOK_RETRY_BACKOFF_BASE_SECS: '0', WEBHOOK_DELIVERY_INTERVAL_MS: '50' });

  let paths = 0;
  const path = () => `/${++paths}`;

  async function create(body: object, headers: Record<string, string>): Promise<string[]> {
    const response = await fetch(`${service.url}/task`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
    expect(response.status).toBe(201);
    return ((await response.json()) as Task[]).map(({ id }) => id);
  }

  /** Returns the trace headers of a start call whose task was created with these headers. */
  async function passedOn(headers: Record<string, string>, own: Record<string, string> = {}) {
    const name = path();
    await create([task('a', '', { on_start: webhook(receiver.url(name), { headers: own }) })], headers);
    const [call] = await receiver.waitFor(1, name);
    return { traceparent: call.headers.traceparent, tracestate: call.headers.tracestate };
  }

  it('is sent unchanged with every call that results', async () => {
    const [start, told, gate] = [path(), path(), new Gate()];
    const tell = [webhook(receiver.url(told))];
    // The cancel action of one task is known before the cancellation, that of the other only later.
    receiver.reply('/cancelable', { body: tell[0] });
    receiver.reply('/late', { after: gate.opened, body: tell[0] });
    receiver.reply(told, { status: 500 }, {});
    const url = receiver.url(start);
    const [a, b, , canceled, late, ruled] = await create(
      {
        tasks: [
          task('a', url, { on_success: tell }),
          task('b', url, { ...after(['a']), on_failure: tell }),
          task('c', url, { ...after(['b']), on_failure: tell }),
          task('canceled', receiver.url('/cancelable')),
          task('late', receiver.url('/late')),
          task('ruled', url, { rules: [concurrency('test', 9, [], 'Success')] }),
        ],
        on_batch_complete: tell,
      },
      { traceparent: TRACEPARENT, tracestate: TRACESTATE },
    );
    await untilRunning(service, a, canceled, ruled);
    await receiver.waitFor(1, '/late');
    await service.call('DELETE', `/task/${canceled}`);
    await service.call('DELETE', `/task/${late}`);
    gate.open();
    await service.succeed(a);
    await untilRunning(service, b);
    await service.fail(b);
    await service.succeed(ruled);
    await eventually(() => expect(receiver.received(told).length).toBeGreaterThanOrEqual(7));
    await allDelivered(service);
    const keys = receiver.received(told).map(({ headers }) => headers['idempotency-key'] as string);
    const kinds = keys.map((key) => key.replace(/[0-9a-f-]{36}:/, '').replace(/:[0-9a-f-]{36}/, ''));
    // One of them was sent twice.
    expect([...new Set(kinds)].sort()).toEqual(['batch:complete', 'cancel', 'end:failure', 'end:success']);
    expect(new Set(keys).size).toBe(6);
    expect(receiver.received(start)).toHaveLength(3);
    for (const { headers } of receiver.received()) {
      expect(headers).toMatchObject({ traceparent: TRACEPARENT, tracestate: TRACESTATE });
    }
  });

  it('is absent without a header, and then nothing is stored', async () => {
    expect(await passedOn({})).toEqual({});
    expect(await passedOn({ tracestate: TRACESTATE })).toEqual({});
    await eventually(async () => {
      const [{ kept }] = await service.query<{ kept: number }>(
        `SELECT count(*)::int AS kept FROM task_definition WHERE trace IS NOT NULL AND trace ->> 'traceparent' <> '${TRACEPARENT}'`,
      );
      expect(kept).toBe(0);
    });
  });

  it.each([
    ['too short', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331'],
    ['with something after it', `${TRACEPARENT}-00`],
    ['in upper case', TRACEPARENT.toUpperCase()],
    ['with a trace of zeros', '00-00000000000000000000000000000000-b7ad6b7169203331-01'],
    ['with a span of zeros', '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01'],
    ['of an invalid version', TRACEPARENT.replace(/^00/, 'ff')],
    ['sent twice', `${TRACEPARENT}, ${TRACEPARENT}`],
    ['of another kind', '1'],
    ['empty', ''],
  ])('is ignored if its header is %s', async (_, traceparent) => {
    expect(await passedOn({ traceparent, tracestate: TRACESTATE })).toEqual({});
  });

  it('of a future version is sent as far as it is known', async () => {
    expect(await passedOn({ traceparent: `${TRACEPARENT.replace(/^00/, 'cc')}-what-will-be` })).toEqual({
      traceparent: TRACEPARENT,
    });
  });

  it.each([
    ['has no value', 'rojo'],
    ['has a name in upper case', 'Rojo=1'],
    ['has more than 32 members', Array.from({ length: 33 }, (_, n) => `m${n}=1`).join()],
    ['is longer than 512 characters', `a=${'b'.repeat(250)},b=${'b'.repeat(250)},c=${'b'.repeat(20)}`],
  ])('loses its tracestate if that %s', async (_, tracestate) => {
    expect(await passedOn({ traceparent: TRACEPARENT, tracestate })).toEqual({ traceparent: TRACEPARENT });
  });

  describe('beside a header of the action', () => {
    const own = TRACEPARENT.replace(/.{16}-01$/, '00f067aa0ba902b7-00');

    it('gives way to its traceparent', async () => {
      const sent = { traceparent: TRACEPARENT, tracestate: TRACESTATE };
      expect(await passedOn(sent, { Traceparent: own })).toEqual({ traceparent: own });
      expect(await passedOn(sent, { traceparent: own, tracestate: 'mine=1' })).toEqual({
        traceparent: own,
        tracestate: 'mine=1',
      });
    });

    it('ignores a tracestate alone', async () => {
      expect(await passedOn({ traceparent: TRACEPARENT }, { tracestate: 'mine=1' })).toEqual({
        traceparent: TRACEPARENT,
      });
    });
  });
});
