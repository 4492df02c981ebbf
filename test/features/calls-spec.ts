import { version } from '../../package.json';
import { deliveriesOf } from '../support/deliveries';
import { useReceiver, useService } from '../support/fixture';
import type { Call } from '../support/receiver';
import { refusal } from '../support/refusal';
import { task, webhook } from '../support/service';

describe('The headers of an action', () => {
  const service = useService();
  const receiver = useReceiver();

  const withHeaders = (headers: unknown) =>
    task('a', receiver.url('/'), { on_start: webhook(receiver.url('/'), { headers: headers as never }) });

  describe('are refused', () => {
    it.each([
      ['with a line break in a value', { 'x-a': 'b\r\nx-injected: 1' }],
      ['with a whole request in a value', { 'x-a': 'b\r\n\r\nDELETE /task HTTP/1.1\r\n' }],
      ['with a carriage return in a value', { 'x-a': 'b\rc' }],
      ['with a line feed in a value', { 'x-a': 'b\nc' }],
      ['with a folded value', { 'x-a': 'b\r\n c' }],
      ['with an escape in a value', { 'x-a': '\u001b[2J' }],
      ['with DEL in a value', { 'x-a': '\u007f' }],
      ['with a line separator in a value', { 'x-a': '\u2028' }],
      ['with a character that Latin-1 cuts to a line break', { 'x-a': 'b\u010d\u010ax-injected: 1' }],
      ['with a character outside of Latin-1', { 'x-a': '\u4e16' }],
      ['with an emoji in a value', { 'x-a': '\u{1f600}' }],
      ['with an empty name', { '': 'b' }],
      ['with a colon in a name', { 'x-a: b\r\nx-injected': '1' }],
      ['with a blank in a name', { 'x a': 'b' }],
      ['with a blank after a name', { 'transfer-encoding ': 'chunked' }],
      ['with a tab in a name', { 'x\ta': 'b' }],
      ['with umlauts in a name', { 'x-\u00e4': 'b' }],
      ['with the Kelvin sign in a name', { '\u212aeep-alive': '1' }],
      ['with a pseudo-header of HTTP/2', { ':authority': 'inside' }],
      ['with brackets in a name', { 'x[a]': 'b' }],
      ['with a list as value', { 'x-a': ['b', 'c'] }],
      ['with null as value', { 'x-a': null }],
      ['with an object as value', { 'x-a': {} }],
    ])('%s', async (_, headers) => {
      expect(await refusal(service, [withHeaders(headers)])).toEqual([
        expect.stringContaining('tasks[0].on_start.params.headers'),
      ]);
    });

    it.each(['x\u0000', '\ud800'])('with characters that no text may hold: %j', async (text) => {
      expect(await refusal(service, [withHeaders({ 'x-a': text })])).not.toEqual([]);
      expect(await refusal(service, [withHeaders({ [`x-${text}`]: 'b' })])).not.toEqual([]);
    });
  });

  it('cannot replace the headers that only the service sets', async () => {
    const reserved = {
      Host: 'inside.example',
      'Content-Length': '5',
      'Transfer-Encoding': 'chunked',
      Connection: 'close, x-kept',
      'Keep-Alive': 'timeout=9999',
      'Proxy-Connection': 'keep-alive',
      TE: 'trailers',
      Trailer: 'x-kept',
      Upgrade: 'websocket',
      'HTTP2-Settings': 'AAMAAABk',
      Expect: '100-continue',
      'Idempotency-Key': 'mine',
      'IDEMPOTENCY-KEY': 'mine too',
      'X-Task-Id': 'mine',
      'x-TASK-trigger': 'mine',
      'X-Task-Attempt': 'mine',
      'X-Batch-ID': 'mine',
      'X-Hookline-Group': '7',
      'Webhook-Id': 'mine',
      'WEBHOOK-signature': 'v1,mine',
      'webhook-timestamp': '1',
      X_Task_Id: 'mine',
      x_task_trigger: 'mine',
      'x-task_attempt': 'mine',
      'x.task.id': 'mine',
      webhook_signature: 'v1,mine',
      'WEBHOOK.ID': 'mine',
      idempotency_key: 'mine',
      Content_Length: '5',
      transfer_encoding: 'chunked',
    };
    const kept = { 'x-kept': 'yes', 'x-tasks': 'yes', 'x-webhook-id': 'yes', webhook: 'yes', x_kept: 'yes' };
    const body = { longer: 'than five bytes' };
    const { a, batch } = await service.create([
      task('a', receiver.url('/reserved'), {
        on_start: webhook(receiver.url('/reserved'), { body, headers: { ...reserved, ...kept } }),
      }),
    ]);
    const [call] = await receiver.waitFor(1, '/reserved');
    expect(call.headers).toMatchObject({
      ...kept,
      host: new URL(receiver.url('')).host,
      'content-length': String(JSON.stringify(body).length),
      'idempotency-key': `${a}:start`,
      'x-task-id': a,
      'x-task-attempt': '1',
      'x-task-trigger': 'start',
      'x-batch-id': batch,
    });
    const own = [
      'host',
      'content-length',
      'connection',
      'idempotency-key',
      'x-task-id',
      'x-task-attempt',
      'x-task-trigger',
      'x-batch-id',
    ];
    const others = Object.keys(reserved).flatMap((name) => {
      const lower = name.toLowerCase();
      return own.includes(lower) ? [] : [lower];
    });
    for (const name of others) expect(call.headers).not.toHaveProperty(name);
    expect(call.headers.connection).not.toContain('x-kept');
    expect(call.body).toEqual(body);
  });

  it('name the service and its version as user agent, unless the action sets its own', async () => {
    const named = webhook(receiver.url('/named'), { headers: { 'USER-AGENT': 'Shop/1' } });
    await service.create([task('a', receiver.url('/unnamed')), task('b', '', { on_start: named })]);
    const [unnamed] = await receiver.waitFor(1, '/unnamed');
    expect(unnamed.headers['user-agent']).toBe(`Hookline/${version}`);
    const [call] = await receiver.waitFor(1, '/named');
    expect(call.headers['user-agent']).toBe('Shop/1');
  });

  it('may have names of object members such as constructor', async () => {
    const headers = { constructor: 'a', toString: 'b', hasOwnProperty: 'c', valueOf: 'd' };
    await service.create([
      task('a', receiver.url('/names'), { on_start: webhook(receiver.url('/names'), { headers: headers }) }),
    ]);
    const [call] = await receiver.waitFor(1, '/names');
    const received = Object.fromEntries(
      Object.entries(headers).map(([name]) => [name, call.headers[name.toLowerCase()]]),
    );
    expect(received).toEqual(headers);
  });

  it('are checked too when a receiver answers with a cancel action', async () => {
    const at = (headers: object) => webhook(receiver.url('/canceled'), { headers: headers as never });
    const good = at({ 'x-a': 'b' });
    receiver.reply('/registers', { body: [at({ 'x-a': 'b\r\nx-injected: 1' }), at({ 'x a': 'b' }), good] });
    const { a } = await service.create([task('a', receiver.url('/registers'))]);
    await receiver.waitFor(1, '/registers');
    await service.call('DELETE', `/task/${a}`);
    const [call] = await receiver.waitFor(1, '/canceled');
    expect(call.headers['x-a']).toBe('b');
    expect((await deliveriesOf(service, a)).filter(({ trigger }) => trigger === 'cancel')).toHaveLength(1);
  });
});

describe('The body of a call', () => {
  const service = useService();
  const receiver = useReceiver();

  /** Returns the call that an action with these parameters makes. */
  const sent = async (params: Parameters<typeof webhook>[1]): Promise<Call> => {
    const { a } = await service.create([task('a', '', { on_start: webhook(receiver.url('/'), params) })]);
    const [call] = await receiver.waitFor(1, ({ headers }) => headers['x-task-id'] === a);
    return call;
  };

  it.each([
    ['text/plain', 'Grüße, "quoted"\n'],
    ['text/plain; charset=utf-8', ''],
    ['application/x-www-form-urlencoded', 'a=1&b=%C3%BC'],
    ['application/xml', '<a b="json"/>'],
    ['application/x-ndjson', '{"a":1}\n{"a":2}\n'],
  ])('is the text of the action, unchanged, when its type is %s', async (type, body) => {
    const { text, headers } = await sent({ body, headers: { 'Content-Type': type } });
    expect({ text, type: headers['content-type'] }).toEqual({ text: body, type });
  });

  it.each([
    ['application/json', 'text'],
    ['Application/JSON; charset=utf-8', 'text'],
    ['application/vnd.shop+json', 'text'],
    ['', 'text'],
    ['text/plain', { a: 'text' }],
    ['text/plain', 7],
  ])('is JSON when its type is %j and its body %j', async (type, body) => {
    const { text } = await sent({ body, headers: { 'content-type': type } });
    expect(text).toBe(JSON.stringify(body));
  });
});
