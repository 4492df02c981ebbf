import { useReceiver, useService } from '../support/fixture';
import { eventually } from '../support/poll';
import { task } from '../support/service';

/** Bodies as text, because JavaScript values cannot express them. */
describe('A body', () => {
  const service = useService({ SKIP_SSRF_VALIDATION: '0', ALLOWED_CIDRS: '127.0.0.1/32' });
  const receiver = useReceiver();

  async function post(text: string): Promise<{ status: number; body: any }> {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${service.url}/task`, { method: 'POST', headers, body: text });
    const answer = await response.text();
    return { status: response.status, body: answer ? JSON.parse(answer) : undefined };
  }
  /** Returns a task with this JSON text as metadata and as body of `on_start`. */
  const withJson = (json: string, path = '/') =>
    JSON.stringify([
      task('a', receiver.url(path), {
        metadata: 'METADATA',
        on_start: { kind: 'Webhook', params: { url: receiver.url(path), verb: 'Post', body: 'METADATA' } },
      }),
    ]).replaceAll('"METADATA"', json);

  describe('with a key twice', () => {
    const action = (first: string, second: string, key = '"url"') =>
      `[{"id":"a","name":"a","kind":"k","on_start":{"kind":"Webhook","params":{"verb":"Post",` +
      `"url":${JSON.stringify(first)},${key}:${JSON.stringify(second)}}}}]`;

    it.each(['"url"', '"\\u0075rl"', '"u\\u0072l"'])('means the last one, to validation too: %s', async (key) => {
      const inside = 'http://169.254.169.254/';
      const refused = await post(action(receiver.url('/twice'), inside, key));
      expect([refused.status, refused.body.details]).toEqual([
        400,
        ['tasks[0].on_start.params.url: must not point to a private or internal host'],
      ]);
      const before = receiver.received('/twice').length;
      expect((await post(action(inside, receiver.url('/twice'), key))).status).toBe(201);
      await receiver.waitFor(before + 1, '/twice');
    });

    it('is stored as it was validated', async () => {
      expect((await post(withJson('{"a":1,"a":2}', '/kept'))).body[0].status).toBe('Pending');
      const [{ body }] = await receiver.waitFor(1, '/kept');
      expect(body).toEqual({ a: 2 });
    });
  });

  it.each([
    '{"__proto__":{"polluted":1}}',
    '{"\\u005f_proto__":{"polluted":1}}',
    '{"a":[{"__proto__":null}]}',
    '{"__proto__":1,"a":2}',
  ])('with a member __proto__ is refused: %s', async (json) => {
    expect((await post(withJson(json))).status).toBe(400);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it.each([
    '{"constructor":{"prototype":{"polluted":1}}}',
    '{"prototype":{"polluted":1},"toString":null,"valueOf":1,"hasOwnProperty":[]}',
    '{"toJSON":"x","then":{"a":1},"length":-1}',
    '{"":{"":[""]}}',
    '{"a.b":1,"a[0]":2,"$where":"1","?":3}',
    '{"n":1e308,"m":-1.7976931348623157e308,"o":5e-324,"p":123456789012345680000}',
  ])('is stored with unusual members, which change nothing else: %s', async (json) => {
    const { status, body } = await post(withJson(json, '/members'));
    expect(status).toBe(201);
    const { metadata } = await service.task(body[0].id);
    expect(metadata).toEqual(JSON.parse(json));
    const [call] = await receiver.waitFor(1, ({ query }) => !!query.get('handle')?.endsWith(body[0].id));
    expect(call.body).toEqual(JSON.parse(json));
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it.each([
    ['is nested too deep', `${'['.repeat(65)}${']'.repeat(65)}`],
    ['is nested deeper than any stack', `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`],
    ['has a number that PostgreSQL cannot hold', '[1e131072]'],
    ['has a number of more digits than PostgreSQL can hold', `[${'9'.repeat(131_073)}]`],
    ['has U+0000', '["a\\u0000b"]'],
    ['has half a surrogate pair', '["\\ud83d"]'],
    ['has the halves in reverse order', '["\\ude00\\ud83d"]'],
    ['has U+0000 in a key', '{"\\u0000":1}'],
    ['has half a pair in a key', '{"\\udfff":1}'],
  ])('that %s is refused', async (_, json) => {
    const { status, body } = await post(withJson(json));
    expect([status, body.details.length]).toEqual([400, expect.any(Number)]);
  });

  it.each([
    ['60 levels', `${'['.repeat(60)}${']'.repeat(60)}`],
    ['a whole pair', '["\\ud83d\\ude00"]'],
    ['a backslash before an apparent escape', '["\\\\u0000","\\\\ud800"]'],
    ['brackets in a text', JSON.stringify(['['.repeat(1000)])],
  ])('with %s is accepted', async (_, json) => {
    const { status, body } = await post(withJson(json));
    expect(status).toBe(201);
    expect((await service.task(body[0].id)).metadata).toEqual(JSON.parse(json));
  });

  it.each(['"toString"', '"constructor"', '"__proto__"', '{"toString":1,"valueOf":1}', '["Capacity"]'])(
    'with a rule of the type %s is refused',
    async (type) => {
      const rule = { type: 'TYPE', max_concurrency: 1, matcher: { kind: 'x', status: 'Running', fields: [] } };
      const { status, body } = await post(
        JSON.stringify([task('a', receiver.url('/'), { rules: [rule] })]).replace('"TYPE"', type),
      );
      expect([status, body.details]).toEqual([400, [expect.stringMatching(/^tasks\[0\]\.rules\[0\]\.type: /)]]);
    },
  );

  it('with half a million blanks in a header is accepted, and its call delays nobody', async () => {
    const on_start = {
      kind: 'Webhook',
      params: {
        url: receiver.url('/blanks'),
        verb: 'Post',
        body: 'text',
        headers: { 'content-type': `${' '.repeat(500_000)}x` },
      },
    };
    const { body } = await post(JSON.stringify([task('a', receiver.url('/blanks'), { on_start })]));
    await eventually(async () => expect((await service.task(body[0].id)).status).toBe('Running'));
    expect(receiver.received('/blanks')[0].text).toBe('text');
  });
});
