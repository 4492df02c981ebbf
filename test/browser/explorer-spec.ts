import { it as inBrowser, openBrowser, PATIENCE_MS } from '../support/browser';
import { Front } from '../support/front';
import { Service, task } from '../support/service';

const TOKEN = 'the-token-of-anna-0123456789';
const TEST_MS = 90_000;

describe('A person who signed in behind a proxy that strips a path prefix', () => {
  let front: Front;
  let service: Service;
  afterAll(async () => {
    await service.stop();
    await front.close();
  });
  beforeAll(async () => {
    front = new Front();
    front.prefix = '/deep/hookline';
    service = await Service.start({
      AUTH_TOKEN: `anna:${TOKEN}`,
      HOST_URL: front.origin + front.prefix,
      WORKER_ENABLED: '0',
    });
    front.target = `http://127.0.0.1:${(service.app.getHttpServer().address() as { port: number }).port}`;
    service.token = TOKEN;
  });

  inBrowser(
    'reads and changes with the explorer in every tab, until they sign out',
    async () => {
      const { a } = await service.create([task('a', 'http://127.0.0.1:9/')]);
      const browser = await openBrowser();
      try {
        const context = await browser.newContext();
        context.setDefaultTimeout(PATIENCE_MS);
        const first = await context.newPage();
        await first.goto(`${service.url}/view`);
        const session = (method: string, body?: object) =>
          first.evaluate(
            ([url, verb, json]) =>
              fetch(url, {
                method: verb,
                body: json,
                headers: json ? { 'content-type': 'application/json' } : {},
              }).then(({ status }) => status),
            [`${service.url}/session`, method, body && JSON.stringify(body)] as [string, string, string | undefined],
          );
        expect(await session('POST', { token: TOKEN })).toBe(204);
        expect(await first.evaluate('document.cookie')).toBe('');

        const explorer = await context.newPage();
        await explorer.goto(`${service.url}/swagger-ui/`);
        const operation = explorer.locator('.opblock-delete', { has: explorer.locator('[data-path="/task/{id}"]') });
        await operation.locator('.opblock-summary-control').click();
        await operation.getByRole('button', { name: 'Try it out' }).click();
        await operation.getByPlaceholder('id').fill(a);
        await operation.getByRole('button', { name: 'Execute' }).click();
        await operation.locator('.live-responses-table .response-col_status').getByText('200').waitFor();
        expect((await service.task(a)).status).toBe('Canceled');
        expect((await service.call('GET', '/audit-log')).body).toMatchObject([
          { actor: 'anna', action: 'cancel_task' },
        ]);

        expect(await session('DELETE')).toBe(204);
        expect(await session('GET')).toBe(401);
      } finally {
        await browser.close();
      }
    },
    TEST_MS,
  );
});
