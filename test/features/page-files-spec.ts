import { useService } from '../support/fixture';
import { useProcesses } from '../support/process';

describe('The files of the page', () => {
  useProcesses();
  const service = useService({ WORKER_ENABLED: '0' });

  const read = (path: string, headers: Record<string, string> = {}) =>
    fetch(service.url + path, { headers, redirect: 'manual' });
  const scriptOf = async () => /src="\.(\/view\/assets\/[\w-]+\.js)"/.exec(await (await read('/view')).text())![1];

  it('are reached from /', async () => {
    const answer = await read('/');
    expect([answer.status, answer.headers.get('location')]).toEqual([302, 'view']);
  });

  it('begin with a document that browsers revalidate each time, whatever it shows', async () => {
    const answer = await read('/view?batch=01a20385-0579-772d-b781-92370a992fbd');
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
    });
    const again = await read('/view', { 'if-none-match': answer.headers.get('etag')! });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  it('are compressed, and cached forever if their names change with their content', async () => {
    const { status, headers } = await read(await scriptOf(), { 'accept-encoding': 'gzip' });
    expect(status).toBe(200);
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-encoding': 'gzip',
    });
  });

  it('let the browser load nothing from elsewhere', async () => {
    for (const path of ['/view', await scriptOf()]) {
      const { headers } = await read(path);
      const policy = headers.get('content-security-policy')!;
      expect(policy).toContain(`default-src 'none'`);
      expect(policy).not.toContain('unsafe');
      expect(policy).not.toContain('http');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it.each(['/view/assets/missing.js', '/view/assets/', '/view/assets/%2e%2e/index.html', '/view/index.html'])(
    'do not include %s',
    async (path) => {
      const answer = await read(path);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        404,
        'application/problem+json; charset=utf-8',
      ]);
    },
  );
});
