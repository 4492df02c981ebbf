import { HandleTokens } from '../../src/access/handle-tokens';
import { loadConfig } from '../../src/config/load';
import { claimedTasks, type Results, statusesOf, success, times } from '../support/bulk';
import { useService } from '../support/fixture';
import { eventually } from '../support/poll';
import { bearer, send } from '../support/send';
import { ServiceClient } from '../support/service';

const TOKEN = 'first-token-0123456789';
const READ_TOKEN = 'read-only-token-0123456789';

describe('A bulk without a token of the service', () => {
  const service = useService({ AUTH_TOKEN: TOKEN, AUTH_TOKEN_READ: READ_TOKEN, WORKER_ENABLED: '0' });
  service.token = TOKEN;
  const receiver = new ServiceClient();
  beforeAll(() => (receiver.url = service.url));
  const claimed = (count: number) => claimedTasks(service, count);
  const report = (items: unknown) => receiver.call<Results['body']>('PATCH', '/task', items);
  const { access } = loadConfig({ AUTH_TOKEN: TOKEN });
  const handles = HandleTokens.of(access)!;
  const tokenOf = (id: string, attempt = 1) => handles.issue(id, attempt, 'report');

  it('reports on exactly those tasks whose tokens it has', async () => {
    const [a, b, c, d, e, f, g] = await claimed(7);
    const expired = HandleTokens.of({ ...access, handleTtlSecs: -1 })!;
    const { status, body } = await report([
      { ...success(a.toUpperCase()), token: tokenOf(a) },
      { ...success(b), token: tokenOf(a) },
      { ...success(c), token: handles.issue(c, 1, 'read') },
      { ...success(d), token: expired.issue(d, 1, 'report') },
      { ...success(e), attempt: 2, token: tokenOf(e) },
      { ...success(f), attempt: 2, token: tokenOf(f, 2) },
      success(g),
      { id: a, token: tokenOf(a), status: 'Nonsense' },
      { id: 'x', token: tokenOf(a) },
      'x',
    ]);
    expect(status).toBe(200);
    const wrong = { status: 401, error: 'token: is not valid for this attempt at this task' };
    const missing = { status: 401, error: 'token: is required, as the request has no token of the service' };
    expect(body.results).toEqual([
      { id: a.toUpperCase(), status: 200 },
      { id: b, ...wrong },
      { id: c, status: 403, error: 'token: is that of a notification, which is read-only' },
      { id: d, status: 401, error: 'token: has expired' },
      { id: e, ...wrong },
      expect.objectContaining({ id: f, status: 409, current_attempt: 1 }),
      { id: g, ...missing },
      { id: a, status: 400, error: 'status: must be Success or Failure' },
      { id: null, ...wrong },
      { id: null, ...missing },
    ]);
    const counted = await receiver.call<Results['body']>('PUT', '/task', [
      { id: b, new_success: 1, token: tokenOf(b) },
      { id: c, new_success: 1, token: tokenOf(b) },
    ]);
    expect(statusesOf(counted)).toEqual([202, 401]);
    for (const id of [b, c, d, e, f, g]) expect(await service.task(id)).toMatchObject({ status: 'Claimed' });
    expect(await service.task(c)).toMatchObject({ success: 0 });
  });

  it('is refused as a whole if no item has a valid token, whatever else it holds', async () => {
    const [a, b] = await claimed(2);
    for (const body of [[], [success(a)], { id: a }, 'text', [{ ...success(a), token: handles.issue(a, 1, 'read') }]])
      expect(await report(body)).toMatchObject({ status: 401, body: { details: [] } });
    for (const text of ['[', '', `[${'{},'.repeat(10_000)}{}]`]) {
      const answer = await send(service.url, 'PUT', '/task', { 'content-type': 'application/json' }, text);
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer realm="Hookline"']);
    }
    // It is one wrong token, of which 30 are allowed in a minute.
    const wrong = times(100, () => ({ ...success(b), token: tokenOf(a) }));
    expect((await report(wrong)).status).toBe(401);
    await eventually(async () => expect((await report(wrong)).status).toBe(429));
    expect(statusesOf(await report([{ id: a, token: tokenOf(a) }]))).toEqual([200]);
  });

  it('is accepted like a single report if it also has credentials that are not enough', async () => {
    const [a, b] = await claimed(2);
    const json = { 'content-type': 'application/json' };
    const wrong = bearer('wrong-token-0123456789');
    const signedIn = await send(service.url, 'POST', '/session', json, JSON.stringify({ token: TOKEN }));
    const cookie = signedIn.headers['set-cookie']![0].split(';')[0];
    for (const [headers, statuses] of [
      [wrong, [401, 429]],
      [bearer(READ_TOKEN), [403]],
      [{ cookie, 'sec-fetch-site': 'cross-site' }, [403]],
    ] as const) {
      const count = async (body: string, more = {}) =>
        send(service.url, 'PUT', '/task', { ...json, ...headers, ...more }, body);
      const valid = await count(JSON.stringify([{ id: a, new_success: 1, token: tokenOf(a) }, { id: b }]));
      expect((JSON.parse(valid.text) as Results['body']).results.map(({ status }) => status)).toEqual([202, 401]);
      for (const body of ['[', '[]', JSON.stringify([{ id: b, new_success: 1, token: tokenOf(a) }])])
        expect(statuses).toContain((await count(body)).status);
      expect(statuses).toContain((await count('[]', { 'transfer-encoding': 'chunked' })).status);
    }
    expect(await service.task(b)).toMatchObject({ success: 0 });
    // Each of them is a failed attempt, of which 30 are allowed in a minute.
    await eventually(async () =>
      expect((await send(service.url, 'PUT', '/task', { ...json, ...wrong }, '[]')).status).toBe(429),
    );
  });

  it('is refused if its body is large or of unknown length', async () => {
    const refusal = [413, 'With handle tokens only, a bulk must have a Content-Length of at most 4 MiB'];
    const json = { 'content-type': 'application/json' };
    const large = send(service.url, 'PATCH', '/task', json, ' '.repeat(5 * 1024 * 1024));
    const chunked = send(service.url, 'PATCH', '/task', { ...json, 'transfer-encoding': 'chunked' }, '[]');
    for (const { status, text } of await Promise.all([large, chunked]))
      expect([status, (JSON.parse(text) as Results['body']).error]).toEqual(refusal);
  });

  it('needs no tokens in its items once it has one of the service', async () => {
    const [a, b] = await claimed(2);
    const text = JSON.stringify([success(a), { ...success(b), token: 'wrong' }]);
    const headers = { 'content-type': 'application/json', ...bearer(TOKEN) };
    const answer = await send(service.url, 'PATCH', '/task', headers, text);
    expect((JSON.parse(answer.text) as Results['body']).results.map(({ status }) => status)).toEqual([200, 200]);
  });
});
