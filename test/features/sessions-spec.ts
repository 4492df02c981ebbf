import { Sessions } from '../../src/access/sessions';
import { loadConfig } from '../../src/config/load';
import { afterTest, startReplica, startService, useService } from '../support/fixture';
import { basic, bearer, send, type Sent } from '../support/send';
import type { Service } from '../support/service';

const ANNA = 'the-token-of-anna-0123456789';
const GUEST = 'the-token-of-guest-0123456789';
const ID = '01a20379-fe1f-732f-a068-65db3a1e61f7';
const JSON_TYPE = { 'content-type': 'application/json' };
const OWN_PAGE = { 'sec-fetch-site': 'same-origin' };

const signIn = (service: Service, token: unknown): Promise<Sent> =>
  send(service.url, 'POST', '/session', JSON_TYPE, JSON.stringify({ token }));
/** Returns the header with which a browser sends the cookie of an answer. */
const cookieOf = ({ headers }: Sent) => ({ cookie: headers['set-cookie']![0].split(';')[0] });

describe('A session', () => {
  const service = useService({ AUTH_TOKEN: `anna:${ANNA}`, AUTH_TOKEN_READ: `guest:${GUEST}` });

  const ask = (method: string, path: string, headers: object) =>
    send(service.url, method, path, headers as Record<string, string>);
  const statusOf = async (...request: Parameters<typeof ask>) => (await ask(...request)).status;
  const session = async (token: string) => cookieOf(await signIn(service, token));

  it('is a cookie that scripts and other sites do not get, that ends with the browser and does not hold the token', async () => {
    const answer = await signIn(service, ANNA);
    expect(answer).toMatchObject({ status: 204, text: '' });
    expect(answer.headers['set-cookie']).toEqual([
      expect.stringMatching(/^hookline_session=\d+\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/),
    ]);
    const behindProxy = loadConfig({ AUTH_TOKEN: ANNA, HOST_URL: 'https://h.example/hookline/' });
    const secure = new Sessions(behindProxy.access.tokens, behindProxy).cookieFor(behindProxy.access.tokens[0]);
    expect(secure).toMatch(/^hookline_session=[^;]+; Path=\/hookline; HttpOnly; SameSite=Strict; Secure$/);
    expect(answer.headers['set-cookie']![0] + secure).not.toContain(ANNA);
  });

  it('gives access like its token, also to pages, streams and metrics', async () => {
    const cookie = await session(ANNA);
    for (const path of ['/task', '/batches', '/audit-log', '/metrics', '/swagger-ui/', '/api-docs/openapi.json'])
      expect([path, await statusOf('GET', path, cookie)]).toEqual([path, 200]);
    expect(await statusOf('HEAD', '/events', cookie)).toBe(200);
    expect(await statusOf('PATCH', `/task/pause/${ID}`, { ...cookie, ...OWN_PAGE })).toBe(404);
    // The explorer is opened with a password, which browsers go on sending.
    expect(await statusOf('DELETE', `/task/${ID}`, { ...cookie, ...OWN_PAGE, ...basic('', ANNA) })).toBe(404);
    expect(JSON.parse((await ask('GET', '/session', cookie)).text)).toEqual({ name: 'anna', access: 'full' });
  });

  it('changes nothing unless the browser says that a page of the service sent the request', async () => {
    const cookie = await session(ANNA);
    const { host } = new URL(service.url);
    for (const headers of [
      {},
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site', origin: service.url },
      { 'sec-fetch-site': 'none' },
      { origin: 'null' },
      { origin: 'https://evil.example' },
      { origin: `http://${host}.evil.example` },
      { origin: 'http://localhost:1' },
    ]) {
      const answer = await ask('DELETE', `/task/${ID}`, { ...cookie, ...headers });
      expect([headers, answer.status, answer.text]).toEqual([headers, 403, expect.stringContaining('A session is')]);
    }
    for (const headers of [OWN_PAGE, { origin: service.url }, { origin: 'http://h.example', host: 'h.example' }])
      expect([headers, await statusOf('DELETE', `/task/${ID}`, { ...cookie, ...headers })]).toEqual([headers, 404]);
  });

  it('of a read-only token reads', async () => {
    const cookie = await session(GUEST);
    expect(JSON.parse((await ask('GET', '/session', cookie)).text)).toEqual({ name: 'guest', access: 'read' });
    expect(await statusOf('GET', '/task', cookie)).toBe(200);
    const refused = await ask('DELETE', `/task/${ID}`, { ...cookie, ...OWN_PAGE });
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('The token is read-only')]);
  });

  it('gives way to a Bearer token, whether that is valid or not', async () => {
    const cookie = await session(ANNA);
    expect(JSON.parse((await ask('GET', '/session', { ...cookie, ...bearer(GUEST) })).text).name).toBe('guest');
    expect(await statusOf('DELETE', `/task/${ID}`, { ...cookie, ...OWN_PAGE, ...bearer(GUEST) })).toBe(403);
    expect(await statusOf('GET', '/task', { ...cookie, ...bearer('a-wrong-token-0123456789') })).toBe(401);
  });

  it('ends when the person signs out', async () => {
    for (const headers of [{}, await session(ANNA)]) {
      const { status, headers: answered } = await ask('DELETE', '/session', headers);
      expect([status, answered['set-cookie']]).toEqual([
        204,
        ['hookline_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0'],
      ]);
    }
    expect(await statusOf('GET', '/task', { cookie: 'hookline_session=' })).toBe(401);
  });

  it('is not believed when it is forged, expired or odd, while others beside it do no harm', async () => {
    const { cookie } = await session(ANNA);
    const [expiry, signature] = cookie.split('=')[1].split('.');
    for (const value of [
      `${Number(expiry) + 1}.${signature}`,
      `${expiry}.${signature.slice(0, -1)}`,
      `${expiry}.${'A'.repeat(43)}`,
      `${expiry}.${signature}.${signature}`,
      `1.${signature}`,
      ANNA,
      '',
      '%00',
      '"',
      '=;=;;hookline_session',
      'é\u0001',
      ';hookline_session='.repeat(500),
      `${expiry}.${'A'.repeat(43)};hookline_session=`.repeat(100),
    ]) {
      // Undici and Node refuse some of these as header values.
      const header = Buffer.from(`hookline_session=${value}`)
        .toString('latin1')
        .replace(/[^\x20-\xff]/g, '?');
      expect([value, await statusOf('GET', '/task', { cookie: header })]).toEqual([value, 401]);
    }
    for (const header of [
      `other=1; ${cookie}; third="x"`,
      `hookline_session=${expiry}.${'A'.repeat(43)};`.repeat(15) + cookie,
      `hookline_session=1.${signature};`.repeat(50) + cookie,
      `;;=;${cookie};`,
    ])
      expect([header, await statusOf('GET', '/task', { cookie: header })]).toEqual([header, 200]);
  });

  it('is accepted by every replica, and is over at once when the token is replaced', async () => {
    const cookie = await session(ANNA);
    const [same, rotated] = [
      await startReplica(service, { AUTH_TOKEN: `${GUEST},renamed:${ANNA}` }),
      await startReplica(service, { AUTH_TOKEN: `anna:${GUEST}` }),
    ];
    expect((await send(same.url, 'GET', '/task', cookie)).status).toBe(200);
    expect((await send(rotated.url, 'GET', '/task', cookie)).status).toBe(401);
  });

  it('is over after twelve hours', async () => {
    const cookie = await session(ANNA);
    const now = jest.spyOn(Date, 'now');
    afterTest(() => now.mockRestore());
    const hours = (count: number) =>
      now.mockReturnValue(performance.timeOrigin + performance.now() + count * 3_600_000);
    hours(11.9);
    expect(await statusOf('GET', '/task', cookie)).toBe(200);
    hours(12.1);
    expect(await statusOf('GET', '/task', cookie)).toBe(401);
  });
});

describe('Signing in', () => {
  const service = useService({ AUTH_TOKEN: `anna:${ANNA}`, AUTH_TOKEN_READ: GUEST });

  it('names the fault of a bad request', async () => {
    for (const [body, status, said] of [
      ['', 400, 'body: must not be empty'],
      ['{}', 400, 'token: must be a text'],
      ['{"token":["x"]}', 400, 'token: must be a text'],
      ['{"token":"\\u0000"}', 400, 'token: must not contain U+0000'],
      ['[', 400, 'The JSON is malformed'],
      [JSON.stringify({ token: 'x'.repeat(16_384) }), 413, 'larger'],
    ] as const) {
      const answer = await send(service.url, 'POST', '/session', JSON_TYPE, body);
      expect([body.slice(0, 40), answer.status, answer.text]).toEqual([
        body.slice(0, 40),
        status,
        expect.stringContaining(said),
      ]);
    }
  });

  it('is not possible for a page of another site, as it would need a preflight', async () => {
    const body = JSON.stringify({ token: ANNA });
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])
      expect((await send(service.url, 'POST', '/session', { 'content-type': type }, body)).status).toBe(415);
    expect((await send(service.url, 'OPTIONS', '/session', { origin: 'https://evil.example' })).status).toBe(401);
  });

  it('counts wrong tokens as failed attempts, and accepts the right one nevertheless', async () => {
    const statuses = await Promise.all(
      Array.from({ length: 40 }, async () => (await signIn(service, 'a-wrong-token-0123456789')).status),
    );
    expect(statuses.filter((status) => status === 401)).toHaveLength(30);
    expect(statuses.filter((status) => status === 429)).toHaveLength(10);
    expect((await signIn(service, ANNA)).status).toBe(204);
  });
});

describe('Without AUTH_TOKEN', () => {
  it('there is nobody to sign in, and everything is allowed', async () => {
    const service = await startService();
    expect((await service.call('GET', '/session')).body).toEqual({ name: null, access: 'full' });
    const { status, text } = await signIn(service, ANNA);
    expect([status, text]).toEqual([
      400,
      expect.stringContaining('Signing in is not needed, as AUTH_TOKEN is not set'),
    ]);
  });
});
