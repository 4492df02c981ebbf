import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { ConfigurationError, loadConfig } from '../../src/config/load';
import { startReceiver, startService, useReceiver, useService } from '../support/fixture';
import { eventually } from '../support/poll';
import type { Call } from '../support/receiver';
import { task, webhook } from '../support/service';

const secretOf = (bytes: number) => `whsec_${randomBytes(bytes).toString('base64')}`;
const [FIRST, SECOND] = [secretOf(24), secretOf(64)];

/** Checks that a call is genuine, with the reference implementation of the specification. */
function verify({ text, headers }: Call, secret: string, changed: object = {}, body = text): void {
  new Webhook(secret).verify(body, { ...(headers as Record<string, string>), ...changed }, { jsonParse: false });
}

describe('With WEBHOOK_SIGNING_SECRET', () => {
  const receiver = useReceiver();
  const service = useService({
    WEBHOOK_SIGNING_SECRET: `${FIRST}, ${SECOND}`,
    WEBHOOK_RETRY_BACKOFF_BASE_SECS: '0',
  });

  let paths = 0;
  const path = () => `/call/${++paths}`;
  /** Returns the start call of a new task. */
  async function called(params: Parameters<typeof webhook>[1] = {}): Promise<Call & { id: string }> {
    const to = path();
    const { a } = await service.create([{ ...task('a', ''), on_start: webhook(receiver.url(to), params) }]);
    const [call] = await receiver.waitFor(1, to);
    return { ...call, id: a };
  }

  describe('a call', () => {
    it.each([FIRST, SECOND])('can be verified with each of the secrets: %#', async (secret) => {
      const call = await called({ body: { branch: 'main' } });
      verify(call, secret);
      expect(call.headers['webhook-signature']).toMatch(/^v1,[\w+/]{43}= v1,[\w+/]{43}=$/);
      expect(call.headers['webhook-timestamp']).toMatch(/^\d{10}$/);
      expect(call.headers['webhook-id']).toBe(`${call.id}:start`);
    });

    it.each([
      ['text beyond ASCII', { body: { say: 'Grüße 👋 \u2028 \ud83d\ude80' } }],
      ['a text', { body: 'just text, "quoted"' }],
      ['a number', { body: 1.5 }],
      ['false', { body: false }],
      ['a long one', { body: { long: 'ü'.repeat(100_000) } }],
      ['one of another type', { body: { a: 1 }, headers: { 'Content-Type': 'text/plain' } }],
    ])('is signed with exactly the body that is sent: %s', async (_what, params) => {
      const call = await called(params);
      expect(call.text).toBe(JSON.stringify(params.body));
      verify(call, FIRST);
    });

    it('is signed as plain text if it is sent as that', async () => {
      const call = await called({ body: 'Grüße, "quoted"', headers: { 'Content-Type': 'text/plain' } });
      expect(call.text).toBe('Grüße, "quoted"');
      verify(call, FIRST);
    });

    it.each(['Get', 'Post', 'Put', 'Patch', 'Delete'] as const)('is signed without a body too: %s', async (verb) => {
      const call = await called({ verb });
      expect(call.text).toBe('');
      verify(call, FIRST);
    });

    it('cannot be verified after any change, or with another secret', async () => {
      const call = await called({ body: { pay: 1 } });
      const other = await called({ body: { pay: 1 } });
      const { 'webhook-timestamp': at, 'webhook-signature': signature } = call.headers as Record<string, string>;
      expect(() => verify(call, secretOf(32))).toThrow('No matching signature');
      expect(() => verify(call, FIRST, {}, '{"pay":2}')).toThrow('No matching signature');
      expect(() => verify(call, FIRST, {}, '{"pay": 1}')).toThrow('No matching signature');
      expect(() => verify(call, FIRST, { 'webhook-id': other.headers['webhook-id'] })).toThrow('No matching signature');
      expect(() => verify(call, FIRST, { 'webhook-timestamp': String(Number(at) - 1) })).toThrow('No matching');
      expect(() => verify(call, FIRST, { 'webhook-signature': signature.replaceAll('v1,', 'v2,') })).toThrow();
      expect(() => verify(other, FIRST, { 'webhook-signature': signature })).toThrow('No matching signature');
    });

    it('keeps its signature and its key when its action sets such headers', async () => {
      const call = await called({
        headers: {
          'Webhook-Id': 'msg_mine',
          'webhook-timestamp': '1',
          'WEBHOOK-SIGNATURE': 'v1,mine',
          'webhook-anything': 'mine',
          'X-Task-Anything': 'mine',
          'Idempotency-Key': 'mine',
          'X-Webhook-Id': 'kept',
        },
      });
      verify(call, FIRST);
      expect(Object.values(call.headers).filter((value) => String(value).includes('mine'))).toEqual([]);
      expect(call.headers['x-webhook-id']).toBe('kept');
    });
  });

  describe('every kind of call', () => {
    it('is signed, with a webhook-id of its own for each action', async () => {
      const [start, end, cancel, complete] = [path(), path(), path(), path()];
      receiver.reply(start, { body: webhook(receiver.url(cancel), { body: { stop: true } }) });
      const on_success = [
        webhook(receiver.url(end), { body: { n: 0 } }),
        webhook(receiver.url(end), { body: { n: 1 } }),
      ];
      const { a, b, batch } = await service.create({
        tasks: ['a', 'b'].map((name) => task(name, receiver.url(start), { on_success })),
        on_batch_complete: [webhook(receiver.url(complete), { body: { mine: true } })],
      } as never);
      await eventually(async () => expect(await service.task(b)).toMatchObject({ status: 'Running' }));
      await eventually(async () => expect((await service.succeed(a)).status).toBe(200));
      await service.call('DELETE', `/task/${b}`);
      const calls = await receiver.waitFor(6, ({ path: to }) => [start, end, cancel, complete].includes(to));
      for (const call of calls) verify(call, SECOND);
      const names = calls.map(({ headers }) => headers['webhook-id']);
      expect(names.sort()).toEqual(
        [
          `${a}:start`,
          `${b}:start`,
          `${a}:end:success`,
          `${a}:end:success:1`,
          `${b}:cancel`,
          `batch:${batch}:complete`,
        ].sort(),
      );
    });

    it('keeps its webhook-id on a retry, and is signed again with the new time', async () => {
      const [start, end] = [path(), path()];
      receiver.reply(end, { status: 503 }, { status: 500 }, { status: 200 });
      const { a } = await service.create([
        task('a', receiver.url(start), { on_success: [webhook(receiver.url(end))] }),
      ]);
      await eventually(async () => expect((await service.succeed(a)).status).toBe(200));
      const attempts = await receiver.waitFor(3, end);
      for (const attempt of attempts) verify(attempt, FIRST);
      expect(new Set(attempts.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([`${a}:end:success`]));
      // Signed for its own attempt: never later than its arrival, rounded down to seconds.
      for (const { at, headers } of attempts)
        expect(Number(headers['webhook-timestamp']) * 1000).toBeLessThanOrEqual(at);
    });
  });
});

describe('Without WEBHOOK_SIGNING_SECRET', () => {
  it('no call is signed, and no action can make it appear signed', async () => {
    const receiver = startReceiver();
    const service = await startService();
    const headers = { 'webhook-id': 'x', 'webhook-timestamp': '1', 'webhook-signature': 'v1,x' };
    await service.create([{ ...task('a', ''), on_start: webhook(receiver.url('/start'), { headers }) }]);
    const [call] = await receiver.waitFor(1, '/start');
    expect(Object.keys(call.headers).filter((name) => name.startsWith('webhook-'))).toEqual([]);
  });
});

describe('WEBHOOK_SIGNING_SECRET', () => {
  it.each([24, 32, 33, 64])('may have %i bytes', (bytes) => {
    const secret = secretOf(bytes);
    expect(loadConfig({ WEBHOOK_SIGNING_SECRET: secret }).webhookSigningSecrets).toEqual([secret]);
  });

  it.each([
    ['too short', secretOf(23)],
    ['too long', secretOf(65)],
    ['without its prefix', FIRST.slice('whsec_'.length)],
    ['with another prefix', FIRST.replace('whsec_', 'whpk_')],
    ['not base64', `whsec_${'?'.repeat(40)}`],
    ['base64 with a blank in it', `${FIRST.slice(0, 20)} ${FIRST.slice(20)}`],
    ['empty', 'whsec_===='],
    ['one good and one bad', `${FIRST},whsec_short`],
    ['one followed by nothing', `${FIRST},`],
  ])('stops the start without being repeated when it is %s', (_what, value) => {
    const load = () => loadConfig({ WEBHOOK_SIGNING_SECRET: value });
    expect(load).toThrow(ConfigurationError);
    expect(load).toThrow(
      /^WEBHOOK_SIGNING_SECRET must be comma-separated secrets like whsec_\{base64 of 24 to 64 bytes\}/,
    );
    expect(load).not.toThrow(value);
  });
});

describe('Headers of an action', () => {
  const service = useService({ WORKER_ENABLED: '0' });

  it.each([
    ['a line break in a value', { a: 'b\r\nx-task-id: c' }],
    ['a line feed in a value', { a: 'b\nc' }],
    ['a carriage return in a value', { a: 'b\rc' }],
    ['a line break at the end', { a: 'b\r\n' }],
    ['U+0000 in a value', { a: 'b\0c' }],
    ['characters that latin1 turns into a line break', { a: 'b\u010d\u010ac' }],
    ['U+007F in a value', { a: 'b\x7f' }],
    ['a line break in a name', { 'a\r\nb': 'c' }],
    ['U+0000 in a name', { 'a\0': 'c' }],
    ['a colon in a name', { 'a:b': 'c' }],
    ['a blank in a name', { 'a b': 'c' }],
    ['no name', { '': 'c' }],
    ['a list as value', { a: ['b', 'c'] }],
    ['null as value', { a: null }],
  ])('are refused with %s, wherever the action is', async (_what, headers) => {
    const action = { kind: 'Webhook', params: { url: 'http://worker.example/', verb: 'Post', headers } };
    const good = webhook('http://worker.example/');
    for (const [field, body] of [
      ['tasks[0].on_start', [{ ...task('a', ''), on_start: action }]],
      ['tasks[0].on_failure[1]', [{ ...task('a', good.params.url), on_failure: [good, action] }]],
      ['on_batch_complete[0]', { tasks: [task('a', good.params.url)], on_batch_complete: [action] }],
    ] as const) {
      const { status, body: problem } = await service.call<{ details: string[] }>('POST', '/task', body);
      expect(status).toBe(400);
      expect(problem.details).not.toEqual([]);
      for (const fault of problem.details) expect(fault).toContain(`${field}.params.headers`);
    }
  });
});
