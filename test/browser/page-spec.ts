import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { it, PATIENCE_MS, useTab } from '../support/browser';
import { ExampleReceiver } from '../support/example-receiver';
import { useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { useProcesses } from '../support/process';
import { after, task, webhook } from '../support/service';

const TEST_MS = 90_000;

describe('The page in a browser', () => {
  const newTab = useTab();
  useProcesses();
  const service = useService({ WEBHOOK_MAX_ATTEMPTS: '1' });
  const receiver = useReceiver();
  let tab: Page;
  beforeEach(() => {
    tab = newTab();
  });
  const open = (batch: string, more = '') => tab.goto(`${service.url}/view?batch=${batch}${more}`);
  const node = (name: string) => tab.getByRole('group', { name: new RegExp(`^${name},`) });
  const panel = (name: string) => tab.getByRole('complementary', { name: `Task ${name}` });
  const button = (name: string) => tab.getByRole('button', { name });

  it(
    'shows a graph from beginning to end without a reload',
    async () => {
      const worker = await ExampleReceiver.start();
      try {
        const graph = readFileSync('examples/release-pipeline.json', 'utf8').replaceAll('{{receiver}}', worker.url);
        const { headers } = await service.call('POST', '/task', JSON.parse(graph));
        await open(headers.get('x-batch-id')!);
        await tab.getByText('Live', { exact: true }).waitFor();
        await tab.evaluate('window.sameDocument = true');
        await tab.getByText('17 of 17 ended').waitFor();
        await tab.getByRole('group', { name: 'Announce the release, publish, Success' }).waitFor();
        await tab.getByRole('group', { name: 'Sign the app, build, Failure' }).waitFor();
        expect(await tab.evaluate('window.sameDocument')).toBe(true);
      } finally {
        worker.stop();
      }
    },
    TEST_MS,
  );

  it('lists batches, newest first, as they are created, and finds them', async () => {
    await tab.goto(`${service.url}/view`);
    await tab.getByRole('heading', { name: 'Batches' }).waitFor();
    for (const scope of ['first-of-two', 'second-of-two'])
      await service.create({ scope, tasks: [task('a', receiver.url('/work'))] } as { tasks: object[] });
    const rows = tab.getByRole('rowheader', { name: /of-two/ });
    await eventually(async () => expect(await rows.count()).toBe(2), { timeoutMs: PATIENCE_MS });
    expect(await rows.first().textContent()).toContain('second-of-two');

    await tab.getByLabel('Search').fill('first-of');
    await eventually(async () => expect(await tab.getByRole('rowheader').count()).toBe(1), { timeoutMs: PATIENCE_MS });
    await tab.getByRole('link', { name: 'first-of-two' }).click();
    await tab.getByRole('heading', { name: 'first-of-two' }).waitFor();
  });

  it('cancels a selected task, and shows the consequences', async () => {
    const { batch, a } = await service.create([
      task('a', receiver.url('/work')),
      task('b', receiver.url('/work'), after(['a'])),
    ]);
    await open(batch);
    await node('Task a').click();
    await button('Cancel…').click();
    await button('Cancel task').click();
    await panel('Task a').getByText('Canceled').first().waitFor();
    await node('Task b').getByText('✗').waitFor();
    expect((await service.task(a)).status).toBe('Canceled');
  });

  it('shows the reason of the service when a request is refused', async () => {
    const { batch, a } = await service.create([task('a', receiver.url('/work'))]);
    await open(batch, `&task=${a}`);
    await button('Pause…').click();
    await service.call('PATCH', `/task/pause/${a}`);
    const { body } = await service.call('PATCH', `/task/pause/${a}`);
    await button('Pause task').click();
    await tab.getByRole('alert').getByText(body.error).waitFor();
    await tab.keyboard.press('Escape');
    await tab.getByRole('dialog').waitFor({ state: 'detached' });
    await tab.keyboard.press('Escape');
  });

  it('says why a task is not running', async () => {
    const { batch, b } = await service.create([
      task('a', receiver.url('/work')),
      task('b', receiver.url('/work'), after(['a'])),
    ]);
    const { body: why } = await service.call('GET', `/task/${b}/why`);
    await open(batch, `&task=${b}`);
    const reasons = tab.getByRole('region', { name: 'Why it is not running' });
    await reasons.getByText(why.summary).first().waitFor();
    await reasons.getByRole('button', { name: 'Task a' }).click();
    await panel('Task a').waitFor();
  });

  it('shows each attempt at a task as it comes, and starts a waiting one when told to', async () => {
    receiver.reply('/flaky', { status: 503 }, {});
    const { batch, a, b } = await service.create([
      task('a', receiver.url('/flaky'), { retry: { max_attempts: 5, delay_secs: 0 } }),
      task('b', receiver.url('/work'), { delay_secs: 7200 }),
    ]);
    await open(batch, `&task=${a}`);
    await node('Task b')
      .getByText(/in (2 h|1 h 59 min)/)
      .waitFor();
    await panel('Task a').getByText('Attempt 2 of 5', { exact: true }).waitFor();
    await untilRunning(service, a);
    const report = { status: 'Failure', failure_reason: 'Out of paper', retry_after_secs: 7200 };
    await service.call('PATCH', `/task/${a}?attempt=2`, report);
    await panel('Task a').getByText('Attempt 3 of 5 starts in').waitFor();
    const attempts = panel('Task a').getByRole('region', { name: 'Attempts' }).getByRole('listitem');
    await attempts.nth(2).waitFor();
    expect(await attempts.allTextContents()).toEqual([
      expect.stringContaining('not started'),
      expect.stringContaining('Out of paper'),
      expect.stringContaining('answered 503'),
    ]);
    await button('Start now…').click();
    await button('Start now').last().click();
    await panel('Task a').getByText('Attempt 3 of 5', { exact: true }).waitFor();

    await node('Task b').click();
    await button('Start at…').click();
    await tab.getByLabel(/^Time/).fill('2100-01-31T12:00');
    await button('Set time').click();
    await tab.getByRole('dialog').waitFor({ state: 'detached' });
    expect((await service.task(b)).run_at).toMatch(/^2100-01-31T/);
    await tab.getByRole('link', { name: 'Table' }).click();
    await tab.getByRole('combobox', { name: 'Attempts' }).selectOption('Retried');
    await tab.getByText('1 of 2 tasks').waitFor();
  });

  it('lists schedules, runs and removes them, and links them with their batches', async () => {
    await tab.goto(`${service.url}/view?show=schedules`);
    await tab.getByText('No schedules yet').waitFor();
    const batch = { scope: 'from-a-schedule', tasks: [task('a', receiver.url('/work'))] };
    await service.call('PUT', '/schedule/yearly', { cron: '@yearly', timezone: 'Europe/Berlin', batch });
    await button('Run now… yearly').click();
    await button('Run now').last().click();
    await tab.getByRole('link', { name: 'batch', exact: true }).click();
    await tab.getByRole('heading', { name: 'from-a-schedule' }).waitFor();
    await tab.getByRole('link', { name: 'yearly' }).click();
    await tab.getByRole('heading', { name: 'Next due times' }).waitFor();
    expect(await tab.getByText('in Europe/Berlin').count()).toBe(5);
    await tab.getByRole('link', { name: 'Batches of this schedule' }).click();
    await tab.getByRole('link', { name: 'from-a-schedule' }).waitFor();
    await tab.goBack();
    await button('Pause… yearly').click();
    await button('Pause schedule').click();
    await tab.locator('dl').getByText('Paused').waitFor();
    await button('Delete… yearly').click();
    await button('Delete schedule').click();
    await tab.getByText('No schedules yet').waitFor();
  });

  it('replays an exhausted delivery', async () => {
    receiver.reply('/told', { status: 500 }, { status: 200 });
    const { a } = await service.create([
      task('a', receiver.url('/work'), { on_success: [webhook(receiver.url('/told'))] }),
    ]);
    await receiver.waitFor(1, ({ path, query }) => path === '/work' && query.get('handle')!.includes(a));
    await service.succeed(a);
    await tab.goto(`${service.url}/view?show=deliveries&status=exhausted`);
    await tab.getByText('Webhook answered 500').waitFor();
    await button('Replay…').click();
    await button('Replay delivery').click();
    await receiver.waitFor(2, '/told');
    await tab.getByText('No matching deliveries').waitFor();
  });

  it('folds equal siblings into one box, and unfolds them', async () => {
    const parts = Array.from({ length: 12 }, (_, i) => task(`part${i}`, receiver.url('/work'), after(['a'])));
    const { batch } = await service.create([task('a', receiver.url('/work'), { kind: 'root' }), ...parts]);
    await open(batch);
    // The graph moves while the counts above it change.
    await tab.getByRole('group', { name: 'Task a, root, Running' }).waitFor();
    await button('12 × test').click();
    await node('Task part11').waitFor();
    await button('12 × test').click();
    await node('Task part11').waitFor({ state: 'detached' });
  });

  it('stops a batch', async () => {
    const { batch } = await service.create([task('a', receiver.url('/work')), task('b', receiver.url('/work'))]);
    await open(batch, '&as=table');
    await button('Stop…').click();
    await button('Stop batch').click();
    await tab.getByText('2 of 2 ended').waitFor();
    await tab.getByRole('link', { name: 'Timeline' }).click();
    await tab
      .getByRole('img', { name: /^Canceled: waited/ })
      .first()
      .waitFor();
  });

  it('replaces rules', async () => {
    const { batch, a } = await service.create([task('a', receiver.url('/work'))]);
    await open(batch);
    await button('Rules…').click();
    await tab.getByLabel('Rules (JSON)').fill('[{"type": "Concurrency"}]');
    await button('Replace rules').click();
    await tab.getByRole('alert').getByText('rules[0].max_concurrency').waitFor();
    await tab.getByLabel('Rules (JSON)').fill('[{"type": "Con');
    expect(await button('Add concurrency limit').isDisabled()).toBe(true);
    await tab.getByLabel('Rules (JSON)').fill('[]');
    await button('Add concurrency limit').click();
    await button('Replace rules').click();
    await tab.getByRole('dialog').waitFor({ state: 'detached' });
    expect((await service.task(a)).rules).toMatchObject([{ type: 'Concurrency', max_concurrency: 2 }]);
  });

  it(
    'opens a graph of 2,000 tasks, and finds one of them',
    async () => {
      const LAYER = 50;
      const tasks = Array.from({ length: 2000 }, (_, i) => {
        const layer = Math.floor(i / LAYER);
        const above = (offset: number) => `n${(layer - 1) * LAYER + ((i * 7 + offset) % LAYER)}`;
        return task(`n${i}`, receiver.url('/work'), layer > 0 ? after([above(0)], [above(13)]) : {});
      });
      const { batch } = await service.create(tasks);
      await open(batch);
      await tab.getByText('0 of 2000 ended').waitFor();
      await tab.getByLabel('Find tasks by name, kind or ID').fill('Task n1999');
      await button('Next of 1').click();
      await node('Task n1999').click();
      await panel('Task n1999').waitFor();
    },
    TEST_MS,
  );

  it('keeps the whole graph visible beside the panel of a task', async () => {
    const names = Array.from({ length: 12 }, (_, n) => `n${n}`);
    const { batch } = await service.create(
      names.map((name, n) => task(name, receiver.url('/work'), n > 0 ? after([names[n - 1]]) : {})),
    );
    await open(batch);
    const last = node('Task n11');
    const before = (await last.boundingBox())!;
    await node('Task n0').click();
    await panel('Task n0').waitFor();
    const left = (await panel('Task n0').boundingBox())!.x;
    expect(before.x + before.width).toBeGreaterThan(left);
    await eventually(async () => {
      const { x, width } = (await last.boundingBox())!;
      expect(x + width).toBeLessThanOrEqual(left);
    });
  });

  it('shows numbers of metadata and results with every digit', async () => {
    const send = (method: string, path: string, body: string) =>
      fetch(service.url + path, { method, headers: { 'content-type': 'application/json' }, body });
    const plain = JSON.stringify([task('a', receiver.url('/work'), { metadata: { id: 'N', price: '1.10' } })]);
    const exact = plain.replace('"N"', '1970670598291982290').replace('"1.10"', '1.10');
    const created = await send('POST', '/task', exact);
    const [{ id }] = (await created.json()) as { id: string }[];
    await untilRunning(service, id);
    await open(created.headers.get('x-batch-id')!, `&task=${id}`);
    await panel('Task a').getByText('"id": 1970670598291982290').waitFor();
    await panel('Task a').getByText('"price": 1.10').waitFor();
    await send('PATCH', `/task/${id}`, '{"status": "Success", "result": {"total": 1970670598291982291}}');
    await panel('Task a').getByLabel('Result').getByText('"total": 1970670598291982291').waitFor();
  });

  it('works with the keyboard', async () => {
    const { batch } = await service.create([task('a', receiver.url('/work'))]);
    await open(batch);
    await node('Task a').focus();
    await tab.keyboard.press('Enter');
    await panel('Task a').waitFor();
    await tab.keyboard.press('Escape');
    await panel('Task a').waitFor({ state: 'detached' });
  });
});
