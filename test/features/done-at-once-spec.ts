import { deliveriesOf } from '../support/deliveries';
import { useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { Gate } from '../support/gate';
import { eventually } from '../support/poll';
import { recount } from '../support/recount';
import { after, task, webhook } from '../support/service';

describe('A receiver that answers on_start with the result', () => {
  const service = useService();
  const receiver = useReceiver();

  let paths = 0;
  const answering = (body: unknown, status = 200) => {
    const path = `/${++paths}`;
    receiver.reply(path, { body, status });
    return receiver.url(path);
  };
  const to = (path: string) => [webhook(receiver.url(path))];
  const becomes = (id: string, state: object) =>
    eventually(async () => expect(await service.task(id)).toMatchObject(state));

  it('ends the task, and its children and notifications follow', async () => {
    const url = answering({ status: 'Success', new_success: 7, new_failures: 1, metadata: { done: true } });
    const { batch, a, b } = await service.create([
      task('a', url, { on_success: to('/a-done'), expected_count: 8 }),
      task('b', answering({ status: 'Success' }, 201), { ...after(['a']), on_success: to('/b-done') }),
    ]);
    await becomes(b, { status: 'Success', started_at: expect.any(String) as string });
    await becomes(a, { status: 'Success', success: 7, failures: 1, metadata: { done: true }, failure_reason: null });
    const [call] = await receiver.waitFor(1, '/a-done');
    expect(call.headers['idempotency-key']).toBe(`${a}:end:success`);
    await receiver.waitFor(1, '/b-done');
    expect((await deliveriesOf(service, a)).map(({ trigger, status }) => [trigger, status]).sort()).toEqual([
      ['end', 'success'],
      ['start', 'success'],
    ]);
    await recount(service);
    expect((await service.call('PATCH', `/task/${a}`, { status: 'Success' })).status).toBe(404);
    expect(batch).toBeDefined();
  });

  it('can report a failure', async () => {
    const url = answering({ status: 'Failure', failure_reason: 'Disk full' });
    const { a, b } = await service.create([
      task('a', url, { on_failure: to('/a-failed') }),
      task('b', url, { ...after(['a']), on_failure: to('/b-failed') }),
    ]);
    await becomes(b, { status: 'Failure', failure_reason: `Parent task ${a} did not succeed` });
    await becomes(a, { status: 'Failure', failure_reason: 'Disk full' });
    await receiver.waitFor(1, '/a-failed');
    await receiver.waitFor(1, '/b-failed');
  });

  it.each([
    ['a failure without a reason', { status: 'Failure' }],
    ['an invalid count', { status: 'Success', new_success: -1 }],
    ['values that cannot be stored', { status: 'Failure', failure_reason: '\u0000' }],
    ['another status', { status: 'Running' }],
    ['an unknown status', { status: 'ok' }],
    ['the result in an array', [{ status: 'Success' }]],
  ])('reports nothing with %s: the task runs on', async (_what, body) => {
    const { a } = await service.create([task('a', answering(body))]);
    await untilRunning(service, a);
    await service.succeed(a);
    await becomes(a, { status: 'Success' });
  });

  it('reports nothing with an answer that is not 2xx', async () => {
    const { a } = await service.create([task('a', answering({ status: 'Success' }, 500))]);
    await becomes(a, { status: 'Failure', failure_reason: 'on_start webhook failed: answered 500' });
  });

  it('reports nothing new after a report', async () => {
    const path = `/${++paths}`;
    receiver.reply(path, async ({ query }) => {
      await fetch(query.get('handle')!, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ status: 'Failure', failure_reason: 'First' }),
      });
      return { body: { status: 'Success', new_success: 1 } };
    });
    const { a } = await service.create([task('a', receiver.url(path), { on_success: to('/never') })]);
    await eventually(async () => expect(await deliveriesOf(service, a, 'success')).toHaveLength(1));
    await becomes(a, { status: 'Failure', failure_reason: 'First', success: 0 });
    expect(receiver.received('/never')).toEqual([]);
  });

  it('reports nothing about a task that was canceled meanwhile', async () => {
    const gate = new Gate();
    const path = `/${++paths}`;
    receiver.reply(path, { body: { status: 'Success' }, after: gate.opened });
    const { a } = await service.create([task('a', receiver.url(path), { on_success: to('/never') })]);
    await receiver.waitFor(1, path);
    await service.call('DELETE', `/task/${a}`);
    gate.open();
    await eventually(async () => expect(await deliveriesOf(service, a, 'success')).toHaveLength(1));
    await becomes(a, { status: 'Canceled' });
    expect(receiver.received('/never')).toEqual([]);
  });
});
