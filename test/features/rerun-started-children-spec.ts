import { ASLEEP, useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { recount } from '../support/recount';
import { rerunsOf } from '../support/reruns';
import { after, task } from '../support/service';

const AN_HOUR = { delay_secs: 3600 };

describe('A child that has started, and is back in the queue while its parents run again,', () => {
  const receiver = useReceiver();
  const service = useService({ ...ASLEEP, DEAD_END_CANCEL_ENABLED: '0' });
  const START = receiver.url('/start');
  const { statusOf, statusesOf, succeed, report, rerunTask } = rerunsOf(service, receiver);
  afterEach(() => recount(service, { deadEnds: false }));

  /** Creates a child whose optional parents p and q run again: p since the child has started, and q since it is back in the queue. */
  const requeued = async () => {
    const ids = await service.create([
      task('root', START),
      task('p', START, { ...after(['root']), ...AN_HOUR }),
      task('q', START, { ...after(['root']), ...AN_HOUR }),
      task('child', START, { ...after([], ['p', 'q']), retry: { max_attempts: 2, jitter: 0, ...AN_HOUR } }),
    ]);
    const { root, p, q, child } = ids;
    await untilRunning(service, root);
    await service.succeed(root);
    for (const id of [p, q]) expect((await service.call('DELETE', `/task/${id}`)).status).toBe(200);
    await untilRunning(service, child);
    await rerunTask(p);
    await service.fail(child);
    expect(await statusesOf(p, q, child)).toEqual(['Pending 2', 'Canceled 1', 'Pending 2']);
    await rerunTask(q);
    expect(await statusesOf(p, q, child)).toEqual(['Pending 2', 'Pending 2', 'Waiting 2']);
    return ids;
  };

  it('waits for all of them as soon as it waits for one', async () => {
    const { p, q, child } = await requeued();
    for (const id of [p, q]) {
      expect(await statusOf(child)).toBe('Waiting 2');
      await service.call('PATCH', `/task/${id}`, { run_at: null });
      await untilRunning(service, id);
      await succeed(id, 2);
    }
    expect(await statusOf(child)).toBe('Pending 2');
  });

  it('is released when they end together', async () => {
    const { root, p, q, child } = await requeued();
    expect((await rerunTask(root, { downstream: true })).status).toBe(200);
    await untilRunning(service, root);
    expect(await report(root, 2, { status: 'Failure', failure_reason: 'Broken' })).toMatchObject({ status: 200 });
    expect(await statusesOf(root, p, q, child)).toEqual(['Failure 2', 'Failure 2', 'Failure 2', 'Pending 2']);
  });
});
