import type { Page } from 'playwright-core';
import { it, useTab } from '../support/browser';
import { useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { useProcesses } from '../support/process';
import { after, task, webhook } from '../support/service';

const TEST_MS = 90_000;

describe('Triage on the page', () => {
  const newTab = useTab();
  useProcesses();
  const service = useService({ WEBHOOK_MAX_ATTEMPTS: '1' });
  const receiver = useReceiver();
  let tab: Page;
  beforeEach(() => {
    tab = newTab();
  });
  /** Not those of the panel beside. */
  const rows = () => tab.locator('main table').first().getByRole('rowheader');
  const button = (name: string | RegExp) => tab.getByRole('button', { name });
  const untilRows = (count: number) => eventually(async () => expect(await rows().count()).toBe(count));

  /** Creates a batch in which `a` fails by itself, `b` because of it, and `c` runs. */
  async function createFailed(reason: string, kind = 'test') {
    const graph = {
      scope: `triage ${reason}`,
      metadata: { team: 'shop' },
      tasks: [
        task('a', receiver.url('/work'), { kind, on_failure: [webhook(receiver.url('/told'))] }),
        task('b', receiver.url('/work'), after(['a'])),
        task('c', receiver.url('/work')),
      ],
    };
    const created = await service.create(graph);
    await untilRunning(service, created.a);
    await untilRunning(service, created.c);
    await service.fail(created.a, reason);
    return created;
  }

  it(
    'filters by count, cause and reason, and finds the same rows after a reload, with a link, and going back',
    async () => {
      receiver.reply('/told', { status: 500 });
      const { batch, a, c } = await createFailed('Disk 7 is full');
      await tab.goto(`${service.url}/view?batch=${batch}&as=table`);
      await tab.getByRole('heading', { name: 'triage Disk 7 is full' }).waitFor();
      await tab.getByText('Scope and metadata').click();
      await tab.getByLabel('Metadata').getByText('"team": "shop"').waitFor();
      await button('2 Failure').click();
      await untilRows(2);
      await tab.getByRole('cell', { name: 'Disk 7 is full' }).waitFor();
      await button('1 × Parent task … did not succeed').click();
      await untilRows(1);
      await button('1 × Parent task … did not succeed').click();
      await tab.getByLabel('Root causes only').check();
      await untilRows(1);
      await button('Duration').click();
      await rows().getByRole('button', { name: 'Task a' }).click();
      const shared = new URL(tab.url());
      expect(Object.fromEntries(shared.searchParams)).toEqual({
        batch,
        as: 'table',
        status: 'Failure',
        cause: 'root',
        sort: 'duration',
        task: a,
      });
      await tab.reload();
      await tab.getByRole('complementary', { name: 'Task a' }).waitFor();
      await untilRows(1);
      await tab.goBack();
      await tab.getByRole('complementary', { name: 'Task a' }).waitFor({ state: 'detached' });
      await tab.getByRole('link', { name: 'Graph' }).click();
      await button('Clear filters').click();
      await tab.getByRole('link', { name: 'Table' }).click();
      await untilRows(3);

      const exhausted = { name: '1 exhausted delivery' };
      await tab.getByRole('link', exhausted).waitFor();
      await tab.goto(`${service.url}/view`);
      await tab
        .getByRole('row', { name: /Disk 7 is full/ })
        .getByRole('link', exhausted)
        .click();
      await tab.getByText('Webhook answered 500').waitFor();
      await tab.getByLabel(/^Select end/).check();
      receiver.reply('/told', { status: 200 });
      await button('Replay 1 delivery…').click();
      await button('Replay 1 delivery').last().click();
      await tab.getByText('No matching deliveries').waitFor();
      await service.succeed(c);
    },
    TEST_MS,
  );

  it(
    'lists failures of all batches, and reruns or cancels those that are selected',
    async () => {
      const first = await createFailed('Out of paper');
      const second = await createFailed('Out of paper');
      const dialog = tab.getByRole('dialog');
      await tab.goto(`${service.url}/view?show=failures&time=1h`);
      await button(/Parent task … did not succeed/).waitFor();
      await tab.getByLabel('Root causes only').check();
      await button(/Parent task … did not succeed/).waitFor({ state: 'detached' });
      await button('2 × Out of paper').click();
      await untilRows(2);
      await tab.getByLabel('All rows of this page').check();
      await button('Rerun 2 tasks…').click();
      // One of them runs again before the user has decided.
      await service.call('POST', `/task/${first.a}/rerun`);
      await untilRows(1);
      await dialog.getByText('2 tasks will run again').waitFor();
      await dialog.getByRole('button', { name: 'Rerun 2 tasks' }).click();
      await untilRunning(service, second.a);
      await tab.getByText('No matching failures on this page').waitFor();
      await untilRows(0);
      await button('0 × Out of paper').waitFor();
      await dialog.getByRole('alert').getByText('1 of 2 done. Not done:').waitFor();
      await dialog.getByRole('button', { name: 'Close' }).click();
      await dialog.waitFor({ state: 'detached' });
      await untilRunning(service, first.a);

      await tab.goto(`${service.url}/view?batch=${first.batch}&as=table`);
      for (const name of ['Task a', 'Task c']) await tab.getByLabel(`Select ${name}`).check();
      await button('Cancel 2 tasks…').click();
      await dialog.getByText('2 tasks will be canceled').waitFor();
      await tab.keyboard.press('Escape');
      await service.succeed(first.c);
      await button('Cancel 1 task…').click();
      await dialog.getByText('Already ended and left unchanged: 1.').waitFor();
      await dialog.getByRole('button', { name: 'Cancel 1 task' }).click();
      await dialog.waitFor({ state: 'detached' });
      await eventually(async () => expect((await service.task(first.a)).status).toBe('Canceled'));
      await tab.goto(`${service.url}/view`);
      await tab
        .getByRole('row', { name: /triage Out of paper/ })
        .getByText('1 failed')
        .last()
        .waitFor();
      await service.call('DELETE', `/batch/${second.batch}`);
      await tab.getByText('Stopped, 3 canceled').waitFor();
    },
    TEST_MS,
  );

  it('finds anything by its id or name, and opens a task of which only the id is known', async () => {
    const { batch, a, c } = await createFailed('Lost the key');
    await service.call('PUT', '/schedule/nightly', { cron: '@daily', batch: [task('a', receiver.url('/work'))] });
    await tab.goto(`${service.url}/view?task=${c}`);
    await tab.getByRole('complementary', { name: 'Task c' }).waitFor();
    expect(new URL(tab.url()).searchParams.get('batch')).toBe(batch);
    await tab.goto(`${service.url}/view?batch=${batch}&task=${batch}`);
    await tab.getByText('This batch has no such task').waitFor();
    const find = async (text: string) => {
      await tab.getByLabel('Find by ID, schedule or text').fill(text);
      await tab.keyboard.press('Enter');
    };
    await find(`${a}:end:failure`);
    await tab.getByRole('complementary', { name: 'Task a' }).waitFor();
    await find('nightly');
    await tab.getByRole('heading', { name: 'nightly' }).waitFor();
    await find(batch);
    await tab.getByRole('heading', { name: 'triage Lost the key' }).waitFor();
    const { body } = await service.call<{ id: string; url: string }[]>('GET', `/webhook-deliveries?batch_id=${batch}`);
    await find(body[0].id);
    await tab.getByLabel('Verb, URL and headers').getByText(body[0].url).waitFor();
    await find('00000000-0000-7000-8000-000000000000');
    await tab.getByRole('alert').getByText('No batch, task or delivery has the ID').waitFor();
    await find('Lost the');
    await tab.getByRole('link', { name: 'triage Lost the key' }).waitFor();
  });
});
