import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { DeliveryLoop } from '../../src/webhook/delivery.loop';
import { deliveriesOf, type DeliveryDetail, notify as notifyOf, untilDeliveries } from '../support/deliveries';
import { ASLEEP, startReceiver, useReceiver, useService } from '../support/fixture';
import { Gate } from '../support/gate';
import { untilRunning } from '../support/graph';
import { entriesOf, groupCallsOf, grouped, keysOf, results } from '../support/groups';
import { eventually } from '../support/poll';
import type { Reply } from '../support/receiver';
import { makeDue } from '../support/rows';
import { provider, task, webhook } from '../support/service';
import { type RawAnswer, RawServer } from '../support/strange-servers';

const TOKEN = 'token-of-the-service';
const ATTEMPTS = 22;
const LOGGED = 20;
const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
const MS = expect.any(Number) as number;

describe('A delivery', () => {
  const receiver = useReceiver();
  const service = useService({
    ...ASLEEP,
    AUTH_TOKEN: TOKEN,
    WEBHOOK_TIMEOUT_SECS: '1',
    WEBHOOK_RETRY_BACKOFF_BASE_SECS: '1000',
    WEBHOOK_MAX_ATTEMPTS: String(ATTEMPTS),
  });
  beforeAll(() => (service.token = TOKEN));

  const { path, start } = groupCallsOf(service, receiver);
  const to = (reply: Reply) => receiver.url(path(reply));
  const detail = async (id: string) => (await service.call<DeliveryDetail>('GET', `/webhook-deliveries/${id}`)).body;
  const notify = (...urls: string[]) => notifyOf(service, receiver.url('/start'), ...urls);
  const replay = async (id: string) =>
    expect((await service.call('POST', `/webhook-deliveries/${id}/replay`)).status).toBe(202);
  const attemptNow = async (id: string) => {
    await makeDue(service, { key: id });
    await provider(service, DeliveryLoop).runOnce();
  };
  /** Returns the recorded start call of a task. */
  const startOf = (id: string, status: string) =>
    eventually(async () => {
      const [call] = await deliveriesOf(service, id, status);
      expect(call).toBeDefined();
      return detail(call.id);
    });

  describe('shows what a receiver answered', () => {
    let raw: RawServer;
    beforeAll(async () => void (raw = await RawServer.start()));
    afterAll(() => raw.close());

    const answering = (head: string, body: string | Buffer, ...rest: null[]): RawAnswer => [
      `HTTP/1.1 500 No\r\n${head}\r\n\r\n`,
      body,
      ...rest,
    ];
    const zipped = gzipSync('unzipped');

    it.each<[what: string, url: () => string, expected: Partial<DeliveryDetail>]>([
      ['in silence', () => to('silence'), { last_error: 'Webhook did not answer within 1 s', last_answer: null }],
      ['by a closed connection', () => to('destroy'), { last_error: expect.any(String) as string, last_answer: null }],
      [
        'by a redirect',
        () => to({ status: 302, headers: { location: '/x', 'set-cookie': 'a=s3cret' }, body: 'Moved' }),
        { last_status: 302, last_answer: 'Moved' },
      ],
      [
        'in 2 KiB, up to 1,024 bytes and a whole character',
        () => to({ status: 500, body: `x${'ä'.repeat(1024)}` }),
        { last_status: 500, last_answer: `x${'ä'.repeat(511)}` },
      ],
      [
        'in more than is read',
        () => to({ status: 500, body: 'x'.repeat(100_000) }),
        { last_status: 500, last_answer: expect.stringMatching(/^x*$/) as string },
      ],
      [
        'in bytes that are no text',
        () => raw.url(answering('content-length: 4', Buffer.from([0xff, 0, 0x41, 0x80]))),
        { last_status: 500, last_answer: '\ufffd\ufffdA\ufffd' },
      ],
      [
        'compressed',
        () => raw.url(answering(`content-encoding: gzip\r\ncontent-length: ${zipped.length}`, zipped)),
        { last_status: 500, last_answer: 'unzipped' },
      ],
      [
        'before the connection closed',
        () => raw.url(answering('content-length: 100', 'half', null)),
        { last_status: 500, last_answer: 'half' },
      ],
      ['with nothing', () => to({ status: 500 }), { last_status: 500, last_answer: null }],
    ])('%s', async (_what, url, expected) => {
      const { a } = await service.create([task('a', url())]);
      const call = await startOf(a, 'failure');
      expect(call).toMatchObject({ last_status: null, ...expected, last_duration_ms: MS, waits_for: null });
      expect(call.attempt_log).toEqual([]);
      expect(JSON.stringify(call)).not.toContain('s3cret');
    });

    it('or that it could not be reached', async () => {
      const gone = startReceiver();
      await gone.close();
      const { a } = await service.create([task('a', gone.url('/'))]);
      expect(await startOf(a, 'failure')).toMatchObject({
        last_error: 'Webhook refused the connection',
        last_status: null,
        last_duration_ms: MS,
        last_answer: null,
        host: new URL(gone.url('/')).host,
      });
    });

    it('without secrets: header values, queries and credentials of URLs, and handle tokens', async () => {
      const headers = { Authorization: 'Bearer s3cret-header', 'X-Team': 'shop' };
      const url = receiver.url('/secret?key=s3cret-query').replace('//', '//user:s3cret-pass@');
      receiver.reply('/secret', ({ query, headers: sent }) => ({
        body: {
          ...webhook(url, { headers: { 'X-Own': 's3cret "own" }' } }),
          handle: query.get('handle'),
          token: new URL(query.get('handle')!).searchParams.get('token'),
          said: `You sent ${sent.authorization}`,
          fine: 'shop',
        },
      }));
      const on_start = webhook(url, { headers, body: { branch: 'main', amount: 1.5 } });
      const { a } = await service.create([task('a', '', { on_start })]);
      const call = await startOf(a, 'success');
      const token = new URL(receiver.received('/secret')[0].query.get('handle')!).searchParams.get('token')!;
      expect(JSON.stringify(call)).not.toMatch(/s3cret/);
      expect(JSON.stringify(call)).not.toContain(token.slice(-20));
      const shown = `${receiver.url('/secret?key=').replace('//', '//***@')}***`;
      expect(call.request).toEqual({
        verb: 'Post',
        url: shown,
        headers: { Authorization: '***', 'X-Team': '***' },
        body: { branch: 'main', amount: 1.5 },
      });
      expect(JSON.parse(call.last_answer!)).toMatchObject({
        params: { url: shown, headers: '***' },
        token: '***',
        said: 'You sent ***',
        fine: 'shop',
      });
    });
  });

  it('keeps its failed attempts through retries, exhaustion and replay, and says what it waits for', async () => {
    const [notified, gate] = [path(), new Gate()];
    receiver.reply(notified, { status: 503, body: 'first' }, { status: 500, body: 'later' });
    const list = await notify(receiver.url(notified));
    const [{ id, task_id }] = await untilDeliveries(list, { attempts: 1, last_status: 503 });
    const failed = { started_at: ISO, duration_ms: MS, status: 500, error: 'Webhook answered 500', answer: 'later' };
    const first = { ...failed, attempt: 1, status: 503, error: 'Webhook answered 503', answer: 'first' };
    const putOff = await detail(id);
    expect(putOff).toMatchObject({
      status: 'pending',
      last_duration_ms: MS,
      last_answer: 'first',
      attempt_log: [first],
      waits_for: {
        type: 'backoff',
        until: putOff.next_attempt_at,
        text: `Attempt 2 waits until ${putOff.next_attempt_at}: Webhook answered 503`,
      },
    });
    await makeDue(service, { key: task_id });
    expect((await detail(id)).waits_for).toMatchObject({ type: 'slot', until: null });

    for (let attempt = 2; attempt <= ATTEMPTS; attempt++) await attemptNow(task_id);
    const newest = Array.from({ length: LOGGED }, (_, i) => ({ ...failed, attempt: ATTEMPTS - LOGGED + 1 + i }));
    expect(await detail(id)).toMatchObject({
      status: 'exhausted',
      attempts: ATTEMPTS,
      last_duration_ms: MS,
      last_answer: 'later',
      attempt_log: newest,
      waits_for: null,
    });

    receiver.reply(notified, { status: 502, body: 'again' }, { body: 'At last', after: gate.opened });
    await replay(id);
    await eventually(async () =>
      expect(await detail(id)).toMatchObject({
        attempts: 1,
        attempt_log: [
          ...newest.slice(1),
          { ...failed, attempt: 1, status: 502, answer: 'again', error: 'Webhook answered 502' },
        ],
        waits_for: { type: 'backoff' },
      }),
    );
    const sending = attemptNow(task_id);
    await receiver.waitFor(ATTEMPTS + 2, notified);
    expect((await detail(id)).waits_for).toEqual({ type: 'in_flight', until: null, text: 'Attempt 2 is in flight' });
    gate.open();
    await sending;
    const delivered = await detail(id);
    expect(delivered).toMatchObject({ status: 'success', attempts: 2, last_answer: 'At last', last_duration_ms: MS });
    expect(delivered.attempt_log).toHaveLength(LOGGED);
  });

  it('whose first attempt after a replay is in flight does not count as one that waits', async () => {
    const [notified, gate] = [path(), new Gate()];
    receiver.reply(notified, { status: 410 }, { after: gate.opened });
    const [{ id }] = await untilDeliveries(await notify(receiver.url(notified)), { status: 'exhausted' });
    expect((await detail(id)).attempt_log).toMatchObject([{ attempt: 1, status: 410 }]);
    await replay(id);
    await receiver.waitFor(2, notified);
    expect((await detail(id)).waits_for).toMatchObject({ type: 'in_flight' });
    gate.open();
  });

  it('waits for the start result of its task, whose call in flight is found by the id of the task', async () => {
    const [gate, begun] = [new Gate(), path()];
    receiver.reply(begun, { after: gate.opened, status: 202 });
    const ended = { on_success: [webhook(receiver.url(path({ status: 204 })))] };
    const { a } = await service.create([task('a', receiver.url(begun), ended)]);
    await receiver.waitFor(1, begun);
    expect(await detail(a)).toMatchObject({
      id: a,
      trigger: 'start',
      request: { verb: 'Post' },
      last_duration_ms: null,
      waits_for: { type: 'in_flight', until: null, text: 'Attempt 1 is in flight' },
    });
    await service.succeed(a);
    const [end] = (await deliveriesOf(service, a, 'pending')).filter(({ trigger }) => trigger === 'end');
    expect((await detail(end.id)).waits_for).toEqual({
      type: 'start_result',
      until: null,
      text: 'Waits for the start result of its task',
    });
    gate.open();
    await eventually(async () => expect(await detail(a)).toMatchObject({ status: 'success', last_status: 202 }));
    expect((await detail(a)).id).not.toBe(a);
  });

  it('waits for the end of the cooldown of its host', async () => {
    const busy = startReceiver();
    busy.reply('/busy', { status: 429, headers: { 'retry-after': '100' } });
    await untilDeliveries(await notify(busy.url('/busy')), { last_status: 429 });
    const [{ id, next_attempt_at }] = await untilDeliveries(await notify(busy.url('/told')), { attempts: 0 });
    expect((await detail(id)).waits_for).toEqual({
      type: 'cooldown',
      until: next_attempt_at,
      text: `Attempt 1 waits until ${next_attempt_at}: Host cooldown: Webhook answered 429 with Retry-After: 100 s`,
    });
  });

  it('of a group has what the answer says about it, and the duration of the request', async () => {
    const refusing = path((call) => {
      const [accepted, refused] = keysOf(call);
      const said = `${call.headers.authorization}, ${entriesOf(call)[1].handle}`;
      return results({ key: accepted, status: 'Success' }, { key: refused, refused: said });
    });
    const headers = { Authorization: 'Bearer s3cret-header' };
    const { a, b, c } = await start(3, grouped(receiver.url(refusing), { headers }));
    const [done, refused] = [await startOf(a, 'success'), await startOf(b, 'failure')];
    expect(done.last_answer).toBe(JSON.stringify({ key: done.idempotency_key, status: 'Success' }));
    const reason = `***, ${service.url}/task/${b}?token=***`;
    expect(JSON.parse(refused.last_answer!)).toMatchObject({ refused: reason });
    expect(refused.last_error).toBe(`Webhook refused the call: ${reason}`);
    expect(JSON.stringify(await service.task(b))).toContain(reason);
    expect(refused.last_duration_ms).toBe(done.last_duration_ms);
    expect(await startOf(c, 'success')).toMatchObject({ last_answer: null, last_duration_ms: done.last_duration_ms });

    const plain = path({ body: 'All well' });
    const { a: one } = await start(2, grouped(receiver.url(plain)));
    expect((await startOf(one, 'success')).last_answer).toBe('All well');
    expect(entriesOf(receiver.received(plain)[0])).toHaveLength(2);
  });

  it('that a replica of the previous version recorded has no durations, answers and log', async () => {
    const { a, batch } = await service.create([task('a', receiver.url('/start'))]);
    await untilRunning(service, a);
    const [queued, recorded] = [randomUUID(), randomUUID()];
    await service.query(
      `INSERT INTO outbox (key, id, task_id, batch_id, attempt, notice, position, awaiting_start, attempts, next_attempt_at,
                           last_status, last_error, url, host)
       VALUES ($1, $2, $3, $4, 1, 'end:success', 0, false, 1, now() + interval '1 hour', 500, 'Webhook answered 500',
               'http://h.test/', 'h.test')`,
      [`${a}:end:success`, queued, a, batch],
    );
    await service.query(
      `INSERT INTO delivery (id, task_id, batch_id, attempt, trigger, key, position, url, status, attempts, created_at)
       VALUES ($1, $2, $3, 1, 'end', $4, 0, 'http://h.test:8090/', 'exhausted', 3, now())`,
      [recorded, a, batch, `${a}:end:failure`],
    );
    const unknown = { request: null, last_duration_ms: null, last_answer: null, attempt_log: [] };
    expect(await detail(queued)).toMatchObject({ ...unknown, host: 'h.test', waits_for: { type: 'backoff' } });
    expect(await detail(recorded)).toMatchObject({ ...unknown, status: 'exhausted', host: 'h.test:8090' });
    await service.query('DELETE FROM outbox WHERE id = $1', [queued]);
  });
});
