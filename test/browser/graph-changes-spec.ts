import type { Page } from 'playwright-core';
import { it, useTab } from '../support/browser';
import { useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { useProcesses } from '../support/process';
import { after, task } from '../support/service';

const TEST_MS = 90_000;
const FAILURE = { status: 'Failure', failure_reason: 'Out of paper' };

describe('The page of a batch', () => {
  const newTab = useTab();
  useProcesses();
  const service = useService();
  const receiver = useReceiver();
  let tab: Page;
  beforeEach(() => {
    tab = newTab();
  });

  const open = (batch: string, more = '') => tab.goto(`${service.url}/view?batch=${batch}${more}`);
  const node = (words: string) => tab.getByRole('group', { name: new RegExp(`^Task ${words}`) });
  const panel = (name: string) => tab.getByRole('complementary', { name: `Task ${name}` });
  const button = (name: string) => tab.getByRole('button', { name });
  const work = () => receiver.url('/work');
  const end = (id: string, attempt: number, report: object) =>
    service.call('PATCH', `/task/${id}?attempt=${attempt}`, report);

  it(
    'reruns failed tasks, and a task with everything downstream, and shows why a rerun is refused',
    async () => {
      const { batch, a, b, c } = await service.create([
        task('a', work()),
        task('b', work(), after(['a'])),
        task('c', work(), after([], ['a'])),
      ]);
      await untilRunning(service, a);
      await service.fail(a);
      await untilRunning(service, c);
      await service.report(c, { status: 'Success', result: { pages: 3 } });
      await open(batch, `&task=${c}`);
      await panel('c').getByLabel('Result').getByText('"pages": 3').waitFor();
      await button('Rerun failed…').click();
      await tab.getByText('2 tasks that failed or were canceled will run again').waitFor();
      await button('Rerun tasks').click();
      await node('a, test, Running, attempt 2').waitFor();
      await node('b, test, Waiting, attempt 2').waitFor();
      await tab.getByText('1 of 3 ended').waitFor();

      await untilRunning(service, a);
      await end(a, 2, { status: 'Success' });
      await untilRunning(service, b);
      await end(b, 2, FAILURE);
      await tab.getByText('3 of 3 ended').waitFor();
      await node('a').click();
      await panel('a').getByRole('button', { name: 'Rerun…' }).click();
      await tab.getByText('so everything downstream runs again as well: 2 tasks').waitFor();
      await button('Rerun 3 tasks').click();
      await node('a, test, Running, attempt 3').waitFor();
      await node('c, test, Waiting, attempt 2').click();
      await panel('c').getByRole('region', { name: 'Attempts' }).getByText('Success').waitFor();
      expect(await panel('c').getByLabel('Result').count()).toBe(0);
      await tab.getByRole('link', { name: 'Timeline' }).click();
      await tab.getByRole('img', { name: /^Waiting, attempt 3: waited .* not started/ }).waitFor();

      await untilRunning(service, a);
      await end(a, 3, FAILURE);
      await untilRunning(service, c);
      await end(c, 2, { status: 'Success' });
      await tab.getByText('3 of 3 ended').waitFor();
      await panel('c').getByRole('button', { name: 'Task a' }).click();
      await panel('a').getByRole('button', { name: 'Rerun…' }).click();
      await tab.getByText('Downstream, 1 task that did not succeed will run again too').waitFor();
      await tab.getByLabel('Also rerun everything downstream (2 tasks)').check();
      await service.call('POST', `/task/${a}/rerun`);
      await button('Rerun 3 tasks').click();
      await tab.getByRole('alert').getByText('Only tasks that have ended can be rerun').waitFor();
      await panel('a').getByText('Attempt 4', { exact: true }).first().waitFor();
      await tab.keyboard.press('Escape');
      await tab.getByRole('dialog').waitFor({ state: 'detached' });
      await tab.keyboard.press('Escape');
      await panel('a').waitFor({ state: 'detached' });
    },
    TEST_MS,
  );

  it('shows added tasks as they come, and keeps its view', async () => {
    const { batch, a, reduce } = await service.create([
      task('a', work()),
      task('first', work(), after(['a'])),
      task('reduce', work(), after(['first'])),
    ]);
    await open(batch, `&task=${a}`);
    await node('reduce').waitFor();
    await button('Zoom In').click();
    const place = async () => {
      const { x, y } = (await node('a').boundingBox())!;
      return [Math.round(x), Math.round(y)];
    };
    const before = await place();
    const { status } = await service.call('POST', `/batch/${batch}/task`, [
      task('part', work(), {
        dependencies: [{ id: a, requires_success: true }],
        before: [{ id: reduce, requires_success: true }],
      }),
      task('last', work(), { dependencies: [{ id: reduce, requires_success: false }] }),
    ]);
    expect(status).toBe(201);
    await tab.getByText('0 of 5 ended').waitFor();
    await node('part').waitFor({ state: 'attached' });
    await eventually(async () => expect(await place()).toEqual(before));
    await panel('a').getByText('Children (2)').waitFor();
    await panel('a').getByRole('button', { name: 'Task part' }).click();
    await panel('part').getByText('Children (1)').waitFor();
    await panel('part').getByRole('button', { name: 'Task reduce' }).click();
    await panel('reduce').getByText('Parents (2)').waitFor();
  });
});
