import type { Page } from 'playwright-core';
import { DeliveryLoop } from '../../src/webhook/delivery.loop';
import { it, useTab } from '../support/browser';
import { deliveriesOf, notify, untilDeliveries } from '../support/deliveries';
import { ASLEEP, startReceiver, useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { makeDue } from '../support/rows';
import { provider, task, webhook } from '../support/service';

const TEST_MS = 90_000;

describe('Deliveries on the page', () => {
  const newTab = useTab();
  const service = useService({
    ...ASLEEP,
    WEBHOOK_MAX_ATTEMPTS: '2',
    PAGINATION_MAX: '3',
    WEBHOOK_TIMEOUT_SECS: '1',
    WEBHOOK_RETRY_BACKOFF_BASE_SECS: '1000',
  });
  const receiver = useReceiver();
  let tab: Page;
  beforeEach(() => {
    tab = newTab();
  });
  const button = (name: string) => tab.getByRole('button', { name });
  const reason = () => tab.getByRole('region', { name: 'Why it is pending' });
  const open = (id: string) => tab.goto(`${service.url}/view?delivery=${id}`);
  const told = (url: string) => notify(service, receiver.url('/start'), url);
  const attemptNow = async (key: string) => {
    await makeDue(service, { key });
    await provider(service, DeliveryLoop).runOnce();
  };
  const address = () => Object.fromEntries(new URL(tab.url()).searchParams);

  it(
    'show what was asked and answered, each attempt, and why the next one waits, as it happens',
    async () => {
      receiver.reply('/busy', { status: 503, body: `No: ${'x'.repeat(2044)}` }, { status: 204 });
      const headers = { Authorization: 'Bearer s3cret' };
      const { a } = await service.create([
        task('a', receiver.url('/start'), {
          on_success: [webhook(receiver.url('/busy'), { headers, body: { branch: 'main' } })],
        }),
      ]);
      await untilRunning(service, a);
      await service.succeed(a);
      const [{ id }] = await untilDeliveries(
        async () => (await deliveriesOf(service, a)).filter(({ trigger }) => trigger === 'end'),
        { attempts: 1, last_status: 503 },
      );
      await tab.goto(`${service.url}/view`);
      await tab.getByLabel('Find by ID, schedule or text').fill(id);
      await tab.keyboard.press('Enter');
      await tab.getByRole('heading', { name: 'End call' }).waitFor();
      expect(address()).toEqual({ delivery: id });
      const asked = await tab.getByLabel('Verb, URL and headers').textContent();
      expect(asked).toBe(`POST ${receiver.url('/busy')}\nAuthorization: ***`);
      await tab.getByLabel('Body').getByText('"branch": "main"').waitFor();
      expect(await tab.getByLabel('Answer', { exact: true }).textContent()).toBe(`No: ${'x'.repeat(1020)}`);
      await tab.getByText('Only the first KiB').waitFor();
      expect(await reason().textContent()).toMatch(
        /^Attempt 2 waits until \w+ \d+, \d{4}, .+: Webhook answered 503\.Next attempt in .+\.$/,
      );
      await tab.getByRole('row', { name: /^1 .+ ms Webhook answered 503/ }).waitFor();

      await attemptNow(a);
      await tab.getByText('Answered 204').waitFor();
      await tab.getByRole('status').getByText('success').waitFor();
      expect(await reason().count()).toBe(0);

      await tab.getByRole('link', { name: 'Task a' }).click();
      await tab.getByRole('complementary', { name: 'Task a' }).getByRole('link', { name: 'Start call' }).click();
      await tab.getByText(receiver.url('/start')).first().waitFor();
      await tab.getByText('Answered 200').waitFor();
    },
    TEST_MS,
  );

  it(
    'say that a receiver is silent, refuses connections or asks for a pause, and are replayed when exhausted',
    async () => {
      const [silent, gone] = [startReceiver().reply('/told', 'silence', 'silence', { status: 204 }), startReceiver()];
      const [{ id, task_id }] = await untilDeliveries(await told(silent.url('/told')), { attempts: 1 });
      await open(id);
      await reason().getByText('Webhook did not answer within 1 s').waitFor();
      await attemptNow(task_id);
      await tab.getByRole('status').getByText('exhausted').waitFor();
      expect(await tab.getByRole('rowheader').allTextContents()).toEqual(['2', '1']);
      await button('Replay…').press('Enter');
      await tab.getByRole('dialog').waitFor();
      await tab.keyboard.press('Escape');
      await tab.getByRole('dialog').waitFor({ state: 'detached' });
      expect(await tab.locator(':focus').textContent()).toBe('Replay…');
      await tab.keyboard.press('Enter');
      await tab.getByRole('dialog').getByText(silent.url('/told')).waitFor();
      await button('Replay delivery').click();
      await tab.getByText('Answered 204').waitFor();
      expect(await button('Replay…').count()).toBe(0);

      const origin = gone.url('/told');
      await gone.close();
      const [refused] = await untilDeliveries(await told(origin), { attempts: 1 });
      await open(refused.id);
      await reason().getByText('Webhook refused the connection').waitFor();

      const busy = startReceiver().reply('/busy', { status: 429, headers: { 'retry-after': '100' } });
      await untilDeliveries(await told(busy.url('/busy')), { last_status: 429 });
      const [waiting] = await untilDeliveries(await told(busy.url('/told')), { attempts: 0 });
      await open(waiting.id);
      await reason()
        .getByText(/^Host in cooldown until .+ \(answered 429 with Retry-After: 100 s\)\.$/)
        .waitFor();
      await tab.getByText('None yet.').waitFor();

      await open('00000000-0000-7000-8000-000000000000');
      await tab.getByText('Retention may have removed this delivery').waitFor();
    },
    TEST_MS,
  );

  it(
    'are found by batch, call and host, and replayed together',
    async () => {
      const other = startReceiver().reply('/told', { status: 410 });
      receiver.reply('/first', { status: 410 }, { status: 204 }).reply('/second', { status: 410 }, { status: 204 });
      const { host } = new URL(receiver.url('/'));
      const urls = [receiver.url('/first'), receiver.url('/second'), other.url('/told')];
      const list = await notify(service, receiver.url('/start'), ...urls);
      const [{ batch_id: batch }] = await untilDeliveries(list, { status: 'exhausted' });
      await tab.goto(`${service.url}/view?batch=${batch}`);
      // The service gives no more at once.
      await tab.getByRole('link', { name: '3+ exhausted deliveries' }).click();
      const rows = tab.getByRole('rowheader');
      await rows.nth(2).waitFor();
      await button('Next').click();
      await tab.getByText('No matching deliveries').waitFor();
      await button('Previous').click();
      await rows.nth(2).waitFor();
      await tab.getByLabel('Host').fill(host);
      await rows.nth(2).waitFor({ state: 'detached' });
      await tab.getByRole('combobox', { name: 'Call' }).selectOption('Start call');
      await tab.getByText('No matching deliveries').waitFor();
      await tab.getByRole('combobox', { name: 'Call' }).selectOption('End call');
      await rows.nth(1).waitFor();
      expect(address()).toEqual({ show: 'deliveries', batch, status: 'exhausted', host, trigger: 'end' });
      await tab.reload();
      await rows.nth(1).waitFor();
      await tab.getByLabel('All rows of this page').check();
      await button('Replay 2 deliveries…').click();
      const dialog = tab.getByRole('dialog');
      await dialog.getByText('2 deliveries will be sent again').waitFor();
      const path = `/webhook-deliveries?batch_id=${batch}&status=exhausted&host=${host}`;
      const [{ id }] = (await service.call<{ id: string }[]>('GET', path)).body;
      await service.call('POST', `/webhook-deliveries/${id}/replay`);
      await dialog.getByRole('button', { name: 'Replay 2 deliveries' }).click();
      await dialog.getByText('1 of 2 replayed. The others were no longer exhausted').waitFor();
      await dialog.getByRole('button', { name: 'Close' }).click();
      await tab.getByText('No matching deliveries').waitFor();
      await receiver.waitFor(2, '/first');
      await receiver.waitFor(2, '/second');
      expect(other.received('/told')).toHaveLength(1);

      // Neither deliveries of other hosts, nor those of other batches.
      const others = await untilDeliveries(await told(other.url('/told')), { status: 'exhausted' });
      other.reply('/told', { status: 204 });
      await tab.getByLabel('Host').fill('');
      await rows.first().waitFor();
      await button('Replay all exhausted…').click();
      await tab.getByText('that match the filters').waitFor();
      await button('Replay all').last().click();
      await tab.getByText('No matching deliveries').waitFor();
      expect((await deliveriesOf(service, others[0].task_id, 'exhausted')).length).toBe(1);
    },
    TEST_MS,
  );
});
