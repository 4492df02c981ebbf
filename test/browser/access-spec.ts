import type { Page } from 'playwright-core';
import { it, useTab } from '../support/browser';
import { useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { task } from '../support/service';

const TEST_MS = 90_000;
const ANNA = 'the-token-of-anna-0123456789';
const GUEST = 'the-token-of-guest-0123456789';

describe('With tokens, the page', () => {
  const newTab = useTab();
  const service = useService({ AUTH_TOKEN: `anna:${ANNA}`, AUTH_TOKEN_READ: `guest:${GUEST}` });
  const receiver = useReceiver();
  beforeAll(() => {
    service.token = ANNA;
  });

  const create = async () => {
    const created = await service.create([task('a', receiver.url('/work')), task('b', receiver.url('/work'))]);
    await untilRunning(service, created.a);
    await untilRunning(service, created.b);
    return created;
  };
  const button = (tab: Page, name: string) => tab.getByRole('button', { name, exact: true });
  const signIn = async (tab: Page, token: string) => {
    const dialog = tab.getByRole('dialog', { name: 'Sign in' });
    await dialog.getByLabel('Token').fill(token);
    await button(tab, 'Sign in').click();
    return dialog;
  };
  const account = (tab: Page) => tab.getByRole('group', { name: 'Account' });

  it(
    'asks to sign in, says why it was refused, and keeps no token where scripts can read it',
    async () => {
      const tab = newTab();
      await tab.goto(`${service.url}/view`);
      const dialog = await signIn(tab, 'a-wrong-one');
      await dialog.getByRole('alert').getByText('The token is not valid').waitFor();
      await tab.keyboard.press('Escape');
      await tab.keyboard.press('Escape');
      await dialog.waitFor();
      const guess = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"token": "wrong"}' };
      await Promise.all(Array.from({ length: 30 }, () => fetch(`${service.url}/session`, guess)));
      await signIn(tab, 'another-wrong-one');
      await dialog.getByText(/^Too many failed attempts to authenticate. Try again in \d+ s$/).waitFor();
      await signIn(tab, ANNA);
      await dialog.waitFor({ state: 'detached' });
      await account(tab).getByText('anna').waitFor();
      await tab.getByText('No batches yet').waitFor();
      await tab.reload();
      await account(tab).getByText('anna').waitFor();
      expect(await tab.evaluate('[document.cookie, localStorage.length, sessionStorage.length]')).toEqual(['', 0, 0]);
    },
    TEST_MS,
  );

  it(
    'goes on with an action and its event stream after a session has ended, and shows who acted',
    async () => {
      const tab = newTab();
      const { batch, a, b } = await create();
      await tab.goto(`${service.url}/view?batch=${batch}&task=${a}&as=activity`);
      await signIn(tab, ANNA);
      await tab.getByText('Live', { exact: true }).waitFor();
      await tab.getByText('No one has changed this batch yet').waitFor();
      await button(tab, 'Cancel…').click();
      await tab.context().clearCookies();
      await button(tab, 'Cancel task').click();
      await tab.getByText('Your session has ended').waitFor();
      const action = tab.getByRole('dialog', { name: 'Cancel task' });
      expect(await action.getByRole('button', { name: 'Close' }).isDisabled()).toBe(true);
      service.app.getHttpServer().closeAllConnections();
      await tab.getByText('Updates every 3 s').waitFor();
      expect((await service.task(a)).status).toBe('Running');
      await signIn(tab, ANNA);
      await eventually(async () => expect(await tab.getByRole('dialog').count()).toBe(0));
      await tab.getByText('Live', { exact: true }).waitFor();
      const panel = tab.getByRole('complementary', { name: 'Task a' });
      await panel.getByRole('region', { name: 'Activity' }).getByText('Canceled task by anna').waitFor();
      const row = tab.getByRole('row', { name: /Canceled task/ });
      await row.getByText('1 task ended').waitFor();
      await row.getByRole('link', { name: 'Task a' }).waitFor();
      await service.succeed(b);
      await tab.getByText('2 of 2 ended').waitFor();

      await tab.getByRole('link', { name: 'Activity' }).first().click();
      await row.getByRole('link', { name: a }).waitFor();
      await tab.getByLabel('Action').selectOption('Paused task');
      await tab.getByText('No matching activity').waitFor();
      await tab.getByLabel('Action').selectOption('Canceled task');
      await tab.getByLabel('Who').fill('anna');
      await eventually(() => expect(new URL(tab.url()).searchParams.get('actor')).toBe('anna'));
      await tab.reload();
      await row.getByRole('cell', { name: 'anna' }).waitFor();
      await tab.getByLabel('Who').fill('guest');
      await tab.getByText('No matching activity').waitFor();
    },
    TEST_MS,
  );

  it(
    'is signed in and out in all tabs at once, and shows no actions to those who may only read',
    async () => {
      const first = newTab();
      const { batch, a } = await create();
      await service.call('PUT', '/schedule/nightly', { cron: '@daily', batch: [task('a', receiver.url('/work'))] });
      await first.goto(`${service.url}/view?batch=${batch}&task=${a}&as=table`);
      await signIn(first, ANNA);
      await button(first, 'Stop…').waitFor();
      await first.getByLabel('Select Task a').waitFor();
      const second = await first.context().newPage();
      await second.goto(`${service.url}/view?show=schedules`);
      await button(second, 'Pause… nightly').waitFor();

      await button(second, 'Sign out').click();
      for (const tab of [first, second]) await tab.getByText('This service requires a token').waitFor();
      expect(await first.getByText(batch).count()).toBe(0);
      await signIn(second, GUEST);
      for (const tab of [first, second]) await account(tab).getByText('Read only').waitFor();
      await second.getByRole('link', { name: 'nightly' }).waitFor();
      await first.getByRole('complementary', { name: /^Task/ }).getByText('Running').waitFor();
      for (const tab of [first, second]) {
        expect(await tab.getByRole('button', { name: '…' }).count()).toBe(0);
        expect(await tab.getByRole('checkbox', { name: /^(Select|All rows)/ }).count()).toBe(0);
      }
    },
    TEST_MS,
  );
});
