import type { OpenAPIObject } from '@nestjs/swagger';
import { ConfigurationError, loadConfig } from '../../src/config/load';
import { useService } from '../support/fixture';
import { basic, bearer, send, type Sent } from '../support/send';

const TOKEN = 'first-token-0123456789';
const OTHER = 'other-token-0123456789';
const NAMED = 'named-token-0123456789';
const WITH_COLONS = 'a/token:with:colons-0123456789';
const READER = 'read-only-token-0123456789';
const ID = '01a20379-fe1f-732f-a068-65db3a1e61f7';
/** To sign in and out; needs no token. */
const OPEN = ['POST /session', 'DELETE /session'];

describe('A token', () => {
  const service = useService({
    AUTH_TOKEN: `${TOKEN}, ${OTHER}, ops:${NAMED}, ${WITH_COLONS}`,
    AUTH_TOKEN_READ: READER,
  });

  const ask = (method: string, path: string, headers: Record<string, string> = {}): Promise<Sent> =>
    send(service.url, method, path, headers);

  it.each([
    [TOKEN, 'token-1'],
    [OTHER, 'token-2'],
    [NAMED, 'ops'],
    [`ops:${NAMED}`, 'ops'],
    [WITH_COLONS, 'token-4'],
  ])('has its name, or is numbered: %s is %s', async (token, name) => {
    const { text } = await ask('GET', '/session', bearer(token));
    expect(JSON.parse(text)).toEqual({ name, access: 'full' });
  });

  it('of AUTH_TOKEN_READ gets every answer to GET and HEAD, and is refused everything else, by every operation of the API document', async () => {
    const { paths } = JSON.parse((await ask('GET', '/api-docs/openapi.json', bearer(READER))).text) as OpenAPIObject;
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
    );
    expect(operations.length).toBeGreaterThan(25);
    for (const { method, path } of operations.filter((each) => !OPEN.includes(`${each.method} ${each.path}`))) {
      const target = path.replace(/\{\w+\}/g, ID);
      if (method === 'GET') {
        const { status } = await ask('HEAD', target, bearer(READER));
        expect([path, [200, 404].includes(status)]).toEqual([path, true]);
        expect([path, (await ask('HEAD', target, bearer(TOKEN))).status]).toEqual([path, status]);
      } else {
        const { status, text } = await ask(method, target, bearer(READER));
        expect([method, path, status]).toEqual([method, path, 403]);
        expect(JSON.parse(text)).toMatchObject({ error: 'The token is read-only: it allows GET and HEAD' });
      }
    }
    for (const method of ['OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'])
      expect([method, (await ask(method, '/task', bearer(READER))).status]).toEqual([method, 403]);
    expect((await ask('GET', '/swagger-ui/', basic('anyone', READER))).status).toBe(200);
    const who = await ask('GET', '/session', bearer(READER));
    expect(JSON.parse(who.text)).toEqual({ name: 'read-token-1', access: 'read' });
  });

  it('of AUTH_TOKEN_READ signs no handles', () => {
    const { access } = loadConfig({ AUTH_TOKEN: `ops:${NAMED}`, AUTH_TOKEN_READ: READER });
    expect(access.handleSecrets).toEqual([NAMED, `ops:${NAMED}`]);
  });
});

describe('A list of tokens', () => {
  it.each([
    [{ AUTH_TOKEN_READ: READER }, 'AUTH_TOKEN_READ needs AUTH_TOKEN to be set too'],
    [{ AUTH_TOKEN: `${TOKEN},${TOKEN}` }, 'AUTH_TOKEN and AUTH_TOKEN_READ must not have a token twice'],
    [{ AUTH_TOKEN: `a:${TOKEN},b:${TOKEN}` }, 'AUTH_TOKEN and AUTH_TOKEN_READ must not have a token twice'],
    [
      { AUTH_TOKEN: `a:${TOKEN}`, AUTH_TOKEN_READ: TOKEN },
      'AUTH_TOKEN and AUTH_TOKEN_READ must not have a token twice',
    ],
    [
      { AUTH_TOKEN: `a:${TOKEN}`, AUTH_TOKEN_READ: `a:${READER}` },
      'AUTH_TOKEN and AUTH_TOKEN_READ must not have a name twice',
    ],
    [{ AUTH_TOKEN: `${TOKEN},token-1:${OTHER}` }, 'AUTH_TOKEN and AUTH_TOKEN_READ must not have a name twice'],
  ])('stops the start with one line that shows no token: %j', (env, said) => {
    expect(() => loadConfig(env)).toThrow(new ConfigurationError([said]));
  });
});
