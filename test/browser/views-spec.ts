import type { Page } from 'playwright-core';
import { violationsIn } from '../support/accessibility';
import { it, useTab } from '../support/browser';
import { deliveriesOf, untilDeliveries } from '../support/deliveries';
import { useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { after, task, webhook } from '../support/service';

const TEST_MS = 120_000;
const PHONE = { width: 360, height: 740 };

describe('Every view of the page', () => {
  const newTab = useTab();
  const service = useService({ WEBHOOK_MAX_ATTEMPTS: '1' });
  const receiver = useReceiver();
  let addresses: string[];
  beforeAll(async () => {
    receiver.reply('/told', { status: 500 });
    const long = 'x'.repeat(95);
    const reason = `A-reason-without-a-space-${long}`;
    const graph = {
      scope: `triage ${reason}`,
      metadata: { team: 'shop' },
      tasks: [
        task('a', receiver.url('/work'), { kind: long, on_failure: [webhook(receiver.url('/told'))] }),
        task('b', receiver.url('/work'), after(['a'])),
        task('c', receiver.url('/work')),
      ],
    };
    const { batch, a, c } = await service.create(graph);
    await untilRunning(service, a, c);
    await service.fail(a, reason);
    const [{ id }] = await untilDeliveries(() => deliveriesOf(service, a, 'exhausted'), {});
    await service.call('PUT', '/schedule/nightly', { cron: '@daily', batch: [task('a', receiver.url('/work'))] });
    addresses = [
      '',
      '?show=failures',
      '?show=schedules',
      '?schedule=nightly',
      '?show=deliveries',
      '?show=activity',
      `?delivery=${id}`,
      ...['graph', 'table', 'timeline', 'activity'].map((view) => `?batch=${batch}&as=${view}`),
      `?batch=${batch}&task=${a}`,
    ];
  });

  /** Opens each view, and returns what `check` finds in those where it finds something. */
  async function faultsOf(tab: Page, check: () => Promise<string[]>): Promise<[address: string, faults: string[]][]> {
    const found: [string, string[]][] = [];
    for (const address of addresses) {
      await tab.goto(`${service.url}/view${address}`);
      await tab.locator('h1, .panel h2').first().waitFor();
      await eventually(async () => expect(await tab.getByText(/^Loading/).count()).toBe(0));
      const faults = await check();
      if (faults.length > 0) found.push([address, faults]);
    }
    return found;
  }

  it(
    'breaks no rule of axe',
    async () => {
      const tab = newTab();
      expect(await faultsOf(tab, () => violationsIn(tab))).toEqual([]);
    },
    TEST_MS,
  );

  it(
    'breaks no rule of axe on a phone in dark colours, and scrolls nothing sideways',
    async () => {
      const tab = newTab();
      await tab.setViewportSize(PHONE);
      await tab.emulateMedia({ colorScheme: 'dark' });
      const tooWide = () =>
        tab.evaluate<string[]>(
          `[document.documentElement, ...document.querySelectorAll('.sideways')]
             .filter((element) => element.scrollWidth > Math.min(element.clientWidth, ${PHONE.width}))
             .map((element) => 'too wide: ' + element.outerHTML.slice(0, 100))`,
        );
      expect(await faultsOf(tab, async () => [...(await tooWide()), ...(await violationsIn(tab))])).toEqual([]);
    },
    TEST_MS,
  );
});
