import { StartLoop } from '../../src/task/claiming/start.loop';
import { DueLoop } from '../../src/task/delay/due.loop';
import { TimeoutLoop } from '../../src/task/finish/timeout.loop';
import { ASLEEP, useReceiver, useService } from '../support/fixture';
import { Gate } from '../support/gate';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { recount } from '../support/recount';
import { rerunsOf } from '../support/reruns';
import { age } from '../support/rows';
import { provider, task, webhook } from '../support/service';

describe('The start of a rerun task', () => {
  const receiver = useReceiver();
  const service = useService(ASLEEP);
  const START = receiver.url('/start');
  let paths = 0;
  const newPath = () => `/path/${paths++}`;
  afterEach(() => recount(service));
  const { statusOf, rerunBatch, rerunTask, keysTo } = rerunsOf(service, receiver);

  it('waits until the receiver of a canceled attempt is notified', async () => {
    const [start, cancel] = [newPath(), newPath()];
    const told = new Gate();
    receiver.reply(start, { body: webhook(receiver.url(cancel)) }, {});
    receiver.reply(cancel, { after: told.opened });
    const { a } = await service.create([task('a', receiver.url(start))]);
    await untilRunning(service, a);
    await service.call('DELETE', `/task/${a}`);
    await receiver.waitFor(1, cancel);
    await rerunTask(a);
    expect(await provider(service, DueLoop).runOnce()).toBe(0);
    expect(receiver.received(start)).toHaveLength(1);
    told.open();
    await receiver.waitFor(2, start);
    expect(keysTo(cancel)).toEqual([`${a}:cancel`]);
  });

  it('waits until a silent receiver is notified that its attempt is over', async () => {
    const [start, cancel] = [newPath(), newPath()];
    receiver.reply(start, { body: webhook(receiver.url(cancel)) }, {});
    const { a } = await service.create([task('a', receiver.url(start), { timeout: 50 })]);
    await untilRunning(service, a);
    await age(service, a, 51);
    await provider(service, TimeoutLoop).runOnce();
    expect(await statusOf(a)).toBe('Failure 1');
    await rerunTask(a);
    await receiver.waitFor(2, start);
    expect(keysTo(cancel)).toEqual([`${a}:cancel`]);
    expect(receiver.received(({ path }) => [start, cancel].includes(path)).map(({ path }) => path)).toEqual([
      start,
      cancel,
      start,
    ]);
  });

  it('does not wait for the pause before a retry', async () => {
    const { a } = await service.create([task('a', START, { retry: { max_attempts: 2, delay_secs: 1000 } })]);
    await untilRunning(service, a);
    await service.fail(a);
    await service.call('DELETE', `/task/${a}`);
    await rerunTask(a);
    await untilRunning(service, a);
    expect(await statusOf(a)).toBe('Running 3');
  });

  it('does not keep a late receiver from being notified that its attempt was canceled', async () => {
    const [start, cancel] = [newPath(), newPath()];
    const late = new Gate();
    receiver.reply(start, { after: late.opened, body: webhook(receiver.url(cancel)) }, {});
    const { a } = await service.create([task('a', receiver.url(start))]);
    await receiver.waitFor(1, start);
    await service.call('DELETE', `/task/${a}`);
    await rerunTask(a);
    await receiver.waitFor(2, start);
    late.open();
    await receiver.waitFor(1, cancel);
    expect(keysTo(cancel)).toEqual([`${a}:cancel`]);
    await untilRunning(service, a);
    expect(await statusOf(a)).toBe('Running 2');
  });

  it('waits for the rules of the task', async () => {
    const rules = [
      { type: 'Concurrency', max_concurrency: 1, matcher: { kind: 'slow', status: 'Running', fields: [] } },
    ];
    const { a, b, batch } = await service.create([
      task('a', START, { kind: 'slow', rules, priority: 1 }),
      task('b', START, { kind: 'slow', rules }),
    ]);
    await untilRunning(service, a);
    await service.fail(a);
    await untilRunning(service, b);
    await rerunBatch(batch);
    await provider(service, StartLoop).runOnce();
    expect(await statusOf(a)).toBe('Pending 2');
    await service.succeed(b);
    await eventually(async () => expect(await statusOf(a)).toBe('Running 2'));
  });

  it('waits for a time that has not come', async () => {
    const run_at = new Date(Date.now() + 3_600_000).toISOString();
    const { a } = await service.create([task('a', START, { run_at })]);
    await service.call('DELETE', `/task/${a}`);
    await rerunTask(a);
    expect(await service.task(a)).toMatchObject({ status: 'Pending', attempt: 2, run_at });
    expect((await service.call('GET', `/task/${a}/why`)).body).toMatchObject({ summary: `Waits until ${run_at}.` });
  });
});
