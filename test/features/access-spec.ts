import type { OpenAPIObject } from '@nestjs/swagger';
import { ConfigurationError, loadConfig } from '../../src/config/load';
import { useDatabase, useService } from '../support/fixture';
import { ServiceProcess, useProcesses } from '../support/process';
import { basic, bearer, send, type Sent } from '../support/send';

const TOKEN = 'first-token-0123456789';
const OTHER = 'other-token-0123456789';
const ID = '01a20379-fe1f-732f-a068-65db3a1e61f7';
/** The answers of the operations that need no token. */
const OPEN: Record<string, number> = {
  'GET /live': 200,
  'GET /ready': 200,
  'GET /health': 200,
  'GET /view': 200,
  'POST /session': 400,
  'DELETE /session': 204,
};
const PAGE = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('With AUTH_TOKEN', () => {
  const service = useService({ AUTH_TOKEN: `${TOKEN}, ${OTHER}` });

  const ask = (method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Sent> =>
    send(service.url, method, path, headers, body);

  function expectRefusal({ status, headers, text: body }: Sent, scheme = 'Bearer'): void {
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toMatch(new RegExp(`(?:^|, )${scheme} realm="Hookline"`));
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(body)).toMatchObject({
      status: 401,
      title: 'Unauthorized',
      error: expect.any(String),
      details: [],
    });
  }

  describe('a client without a token', () => {
    it.each([
      ['POST', '/task'],
      ['GET', '/task'],
      ['GET', `/task/${ID}`],
      ['GET', '/task/not-a-uuid'],
      ['PATCH', `/task/${ID}`],
      ['PUT', `/task/${ID}`],
      ['DELETE', `/task/${ID}`],
      ['PATCH', `/task/pause/${ID}`],
      ['PATCH', `/task/resume/${ID}`],
      ['GET', `/dag/${ID}`],
      ['GET', `/batch/${ID}`],
      ['DELETE', `/batch/${ID}`],
      ['PATCH', `/batch/${ID}/rules`],
      ['GET', '/batches'],
      ['GET', '/webhook-deliveries'],
      ['GET', `/webhook-deliveries/${ID}`],
      ['GET', '/metrics'],
      ['GET', '/swagger-ui'],
      ['GET', '/swagger-ui/'],
      ['GET', '/swagger-ui/swagger-ui-bundle.js'],
      ['GET', '/swagger-ui/swagger-ui-init.js'],
      ['GET', '/api-docs/openapi.json'],
      ['POST', '/'],
      ['POST', '/view'],
      ['GET', '/view/no/such/file'],
      ['GET', '/no/such/endpoint'],
      ['POST', '/live'],
      ['OPTIONS', '/task'],
      ['TRACE', '/task'],
      ['PROPFIND', '/task'],
    ])('is refused at %s %s', async (method, path) => {
      expectRefusal(await ask(method, path));
    });

    it('is refused at every operation that the API document lists as protected', async () => {
      const { paths } = JSON.parse((await ask('GET', '/api-docs/openapi.json', bearer(TOKEN))).text) as OpenAPIObject;
      const operations = Object.entries(paths).flatMap(([path, methods]) =>
        Object.entries(methods as Record<string, { security?: object[]; responses: object }>).map(
          ([method, operation]) => ({ method: method.toUpperCase(), path, ...operation }),
        ),
      );
      expect(operations.length).toBeGreaterThan(15);
      for (const { method, path, security, responses } of operations) {
        const { status } = await ask(method, path.replace(/\{\w+\}/g, ID));
        const open = OPEN[`${method} ${path}`];
        const isOpen = open !== undefined;
        expect([method, path, status]).toEqual([method, path, open ?? 401]);
        const handled =
          (path === '/task/{id}' && method !== 'DELETE') || (path === '/batch/{batch_id}/task' && method === 'POST');
        const schemes = ['bearer', ...(method === 'GET' ? ['basic'] : []), 'session', ...(handled ? ['handle'] : [])];
        expect([method, path, security]).toEqual([method, path, isOpen ? [] : schemes.map((s) => ({ [s]: [] }))]);
        expect([method, path, '401' in responses && '429' in responses]).toEqual([
          method,
          path,
          !isOpen || (path === '/session' && method === 'POST'),
        ]);
      }
    });

    it('is refused with HEAD, without a body', async () => {
      expect(await ask('HEAD', '/task')).toMatchObject({ status: 401, text: '' });
    });

    it.each([
      '//task',
      '/task/',
      '/task//',
      '/./task',
      '/live/../task',
      '/live/%2e%2e/task',
      '/live%2f..%2ftask',
      '/live;/../task',
      '//live',
      '/LIVE',
      '/live/',
      '/live/x',
      '/%6cive/../metrics',
      '/METRICS',
      '/metrics?/live',
      '/metrics#/live',
      '/task/%2e%2e',
      '/task/..%2flive',
      '/swagger-ui/../live/../metrics',
      '/swagger-ui/%2e%2e%2fpackage.json',
    ])('cannot bypass the check with %s', async (path) => {
      expectRefusal(await ask('GET', path));
    });

    it('gets 404 for *, which the router takes for a file of the page', async () => {
      expect((await ask('GET', '*')).status).toBe(404);
    });

    it.each(['/live', '/ready', '/health', '/live?x=/task', '/%6cive'])('is answered at %s', async (path) => {
      expect((await ask('GET', path)).status).toBe(200);
      expect((await ask('HEAD', path)).status).toBe(200);
    });

    it.each(['?token=', '?access_token=', '?authorization=Bearer%20', '?auth_token='])(
      'is refused with the token in the query (%s)',
      async (query) => {
        for (const path of ['/task', '/batches', '/metrics', `/task/${ID}`, `/task/pause/${ID}`]) {
          const { status } = await ask('GET', path + query + TOKEN);
          expect([path, status]).toEqual([path, 401]);
        }
      },
    );
  });

  describe('a wrong token', () => {
    it.each([
      ['another one', bearer('wrong-token-0123456789')],
      ['the beginning of one', bearer(TOKEN.slice(0, -1))],
      ['one and more', bearer(`${TOKEN}x`)],
      ['all of them', bearer(`${TOKEN},${OTHER}`)],
      ['one in capitals', bearer(TOKEN.toUpperCase())],
      ['nothing', bearer('')],
      ['no scheme', { authorization: TOKEN }],
      ['another scheme', { authorization: `Token ${TOKEN}` }],
      ['another header', { 'x-api-key': TOKEN, cookie: `token=${TOKEN}`, 'proxy-authorization': `Bearer ${TOKEN}` }],
      ['a token as user name', basic(TOKEN, '')],
      ['no base64', { authorization: 'Basic %%%' }],
    ])('is refused: %s', async (_what, headers) => {
      expectRefusal(await ask('GET', '/task', headers));
    });
  });

  describe('each configured token', () => {
    it.each([TOKEN, OTHER])('gives access to every endpoint: %s', async (token) => {
      for (const path of [
        '/task',
        '/batches',
        '/webhook-deliveries',
        '/metrics',
        '/swagger-ui/',
        '/api-docs/openapi.json',
      ])
        expect([path, (await ask('GET', path, bearer(token))).status]).toEqual([path, 200]);
      const json = { 'content-type': 'application/json' };
      expect((await ask('POST', '/task', { ...bearer(token), ...json }, '[]')).status).toBe(204);
      expect((await ask('PATCH', `/task/pause/${ID}`, bearer(token))).status).toBe(404);
      expect((await ask('GET', '/no/such/endpoint', bearer(token))).status).toBe(404);
    });

    it('is accepted with the scheme in any case', async () => {
      for (const scheme of ['bearer', 'BEARER'])
        expect((await ask('GET', '/task', { authorization: `${scheme} ${TOKEN}` })).status).toBe(200);
    });
  });

  describe('a browser', () => {
    it('is asked for the token by Basic authentication, and gets the whole page with it', async () => {
      for (const path of ['/swagger-ui', '/swagger-ui/']) {
        expectRefusal(await ask('GET', path, PAGE), 'Basic');
        const page = await ask('GET', path, { ...PAGE, ...basic('anyone', TOKEN) });
        expect(page).toMatchObject({ status: 200, text: expect.stringContaining('<title>Hookline API</title>') });
      }
      const { text: page } = await ask('GET', '/swagger-ui/', basic('anyone', TOKEN));
      const parts = [...page.matchAll(/(?:src|href)="(\.?\/[^"]+)"/g)].map(([, path]) => path);
      expect(parts.length).toBeGreaterThan(3);
      for (const part of parts) {
        const { pathname } = new URL(part, `${service.url}/swagger-ui/`);
        expect([part, (await ask('GET', pathname, basic('', TOKEN))).status]).toEqual([part, 200]);
        // Browsers may request assets without the password at first, and with another Accept header.
        expectRefusal(await ask('GET', pathname), 'Basic');
      }
      // Elsewhere a 401 must not open a password dialog.
      expect((await ask('GET', '/task')).headers['www-authenticate']).not.toContain('Basic');
    });

    it('cannot change anything with credentials that it sends by itself', async () => {
      const form = { ...basic('anyone', TOKEN), 'content-type': 'text/plain' };
      for (const [method, path] of [
        ['POST', '/task'],
        ['PATCH', `/task/pause/${ID}`],
        ['DELETE', `/task/${ID}`],
        ['OPTIONS', '/task'],
      ]) {
        expectRefusal(await ask(method, path, form));
      }
    });

    it('gets a policy that allows pages only what they need', async () => {
      const { headers, text: page } = await ask('GET', '/swagger-ui/', { ...PAGE, ...basic('', TOKEN) });
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['content-security-policy']).toContain("script-src 'self';");
      // The page has nothing that the policy would block.
      expect(page).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>|\son\w+=|javascript:|https?:\/\/(?!www\.w3\.org)/);
    });

    it('is told not to guess content types', async () => {
      expect(await ask('HEAD', '/events', bearer(TOKEN))).toMatchObject({
        status: 200,
        headers: { 'content-type': expect.stringMatching(/^text\/event-stream/), 'x-content-type-options': 'nosniff' },
      });
      for (const headers of [{}, bearer(TOKEN)])
        expect((await ask('GET', '/task', headers)).headers).toMatchObject({
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
        });
    });
  });
});

describe('AUTH_TOKEN', () => {
  const faultsOf = (env: NodeJS.ProcessEnv): readonly string[] => {
    try {
      loadConfig(env);
    } catch (error) {
      if (error instanceof ConfigurationError) return error.faults;
      throw error;
    }
    return [];
  };

  it.each([
    'short',
    '15-characters-0',
    `${TOKEN},short`,
    `${TOKEN},`,
    ',,,',
    `${TOKEN},,${OTHER}`,
    'with blanks 0123456789',
    'ümlaut-0123456789-ü',
  ])('stops the start, without being printed, when it is %j', (value) => {
    for (const name of ['AUTH_TOKEN', 'AUTH_TOKEN_READ', 'HANDLE_SECRET']) {
      const faults = faultsOf({ [name]: value });
      expect(faults).toEqual([expect.stringMatching(new RegExp(`^${name} must be .* of at least 16 visible ASCII`))]);
      expect(faults[0]).not.toContain(value);
    }
  });

  it('of blanks counts as absent, like every variable', () => {
    expect(loadConfig({ AUTH_TOKEN: '  ' }).access.tokens).toEqual([]);
  });
});

describe('A service in production', () => {
  useProcesses();
  const database = useDatabase();

  it('warns when it has no token, and does not when it has one', async () => {
    const env = { NODE_ENV: 'production', DATABASE_URL: database.url, WORKER_ENABLED: '0' };
    const [open, guarded] = await Promise.all([
      ServiceProcess.start(env),
      ServiceProcess.start({ ...env, AUTH_TOKEN: TOKEN }),
    ]);
    await Promise.all([open.end('SIGTERM'), guarded.end('SIGTERM')]);
    expect(open.log).toMatch(/"level":"warn".*AUTH_TOKEN/);
    expect(guarded.log).not.toContain('TOKEN');
  });
});
