import { it as inBrowser, openBrowser, openTab } from '../support/browser';
import { useReceiver } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { Front } from '../support/front';
import { useProcesses } from '../support/process';
import { after, Service, task } from '../support/service';

const PREFIX = '/deep/hookline';
const TEST_MS = 90_000;

describe('Behind a proxy that strips a path prefix', () => {
  let front: Front;
  let service: Service;
  afterAll(async () => {
    await service.stop();
    await front.close();
  });
  useProcesses();
  const receiver = useReceiver();
  beforeAll(async () => {
    front = new Front();
    front.prefix = PREFIX;
    service = await Service.start({ HOST_URL: front.origin + PREFIX });
    front.target = `http://127.0.0.1:${(service.app.getHttpServer().address() as { port: number }).port}`;
  });

  it('handles lead to their tasks, and the explorer sends its requests below the prefix', async () => {
    const { a } = await service.create([task('a', receiver.url('/start'))]);
    const [{ query }] = await receiver.waitFor(1, '/start');
    expect(query.get('handle')).toBe(`${front.origin}${PREFIX}/task/${a}`);
    await untilRunning(service, a);
    expect((await fetch(query.get('handle')!)).status).toBe(200);
    const { body } = await service.call<object>('GET', '/api-docs/openapi.json');
    expect(body).toMatchObject({ servers: [{ url: PREFIX }] });
    expect(await (await fetch(`${service.url}/swagger-ui/swagger-ui-init.js`)).text()).toContain(`"url": "${PREFIX}"`);
    expect((await fetch(`${service.url}/`)).url).toBe(`${service.url}/view`);
  });

  inBrowser(
    'the page loads, follows a graph and links within the prefix',
    async () => {
      const browser = await openBrowser();
      try {
        const { tab, faults } = await openTab(browser);
        const { batch, a } = await service.create([
          task('a', receiver.url('/work')),
          task('b', receiver.url('/work'), after(['a'])),
        ]);
        await tab.goto(`${service.url}/`);
        await tab.getByRole('heading', { name: 'Batches' }).waitFor();
        await tab.locator(`a[href="${PREFIX}/view?batch=${batch}"]`).first().click();
        await tab.getByText('Live', { exact: true }).waitFor();
        await tab.getByRole('group', { name: /^Task b,/ }).waitFor();
        await untilRunning(service, a);
        await service.succeed(a);
        await tab.getByRole('group', { name: 'Task a, test, Success' }).waitFor();
        await tab.reload();
        await tab.getByRole('group', { name: 'Task a, test, Success' }).waitFor();
        expect(faults).toEqual([]);
      } finally {
        await browser.close();
      }
    },
    TEST_MS,
  );
});
