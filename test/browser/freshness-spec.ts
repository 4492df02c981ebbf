import { it, useTab } from '../support/browser';
import { useDatabase } from '../support/fixture';
import { BUILD_MS, ServiceProcess, useProcesses } from '../support/process';
import { task } from '../support/service';

const TEST_MS = 90_000;
/** The clock of Playwright leaves this one out. */
const FAKE_TIMEOUTS = `AbortSignal.timeout = (ms) => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(new DOMException('', 'TimeoutError')), ms);
  return abort.signal;
}`;

describe('When the service hangs, the page', () => {
  const newTab = useTab();
  const database = useDatabase();
  useProcesses();
  let service: ServiceProcess;
  beforeAll(async () => {
    service = await ServiceProcess.start({ DATABASE_URL: database.url, WORKER_ENABLED: '0' });
  }, BUILD_MS);

  it(
    'says on every view within 40 seconds since when it is stale, and recovers by itself',
    async () => {
      const { batch } = await service.create([task('a', 'http://127.0.0.1:9/never-called')]);
      const tab = newTab();
      await tab.clock.install();
      await tab.addInitScript(FAKE_TIMEOUTS);
      const sign = (words: string | RegExp) => tab.locator('header').getByRole('status').getByText(words);
      for (const [address, fresh] of [
        ['', 'Live'],
        [`?batch=${batch}`, 'Live'],
        ['?show=schedules', 'Updates every 3 s'],
        ['?show=deliveries', 'Updates every 3 s'],
      ]) {
        await tab.goto(`${service.url}/view${address}`);
        await sign(fresh).waitFor();
        service.signal('SIGSTOP');
        await tab.clock.fastForward(20_000);
        if (fresh === 'Live') await sign(fresh).waitFor();
        await tab.clock.fastForward(17_000);
        await sign(/^Stale since \d+:\d\d:\d\d/).waitFor();
        if (fresh !== 'Live') await tab.getByRole('alert').getByText('The service does not answer').waitFor();
        service.signal('SIGCONT');
        await sign(fresh).waitFor();
        await tab.getByRole('alert').waitFor({ state: 'detached' });
      }
    },
    TEST_MS,
  );
});
