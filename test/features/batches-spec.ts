import { useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { after, task } from '../support/service';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const NONE = { waiting: 0, pending: 0, claimed: 0, running: 0, success: 0, failure: 0, paused: 0, canceled: 0 };

describe('The statistics of a batch', () => {
  const service = useService();
  const receiver = useReceiver();
  const START = receiver.url('/start');

  const stats = (batch: string) => service.call<unknown>('GET', `/batch/${batch}`);

  it('count its tasks by status and add up their progress', async () => {
    const { batch, ...ids } = await service.create({
      tasks: [
        task('good', START, { expected_count: 10 }),
        task('bad', START, { expected_count: 2147483647 }),
        task('paused', START, { expected_count: 2147483647 }),
        task('runs', START, { expected_count: 0 }),
        task('child', START, { ...after(['runs']), expected_count: 5 }),
        task('failed', START, { ...after(['bad']), expected_count: 5 }),
        task('gone', START, { expected_count: 1 }),
      ],
      scope: 'stats',
      metadata: { any: ['json', null] },
    } as { tasks: object[] });
    const others = await service.create([task('other', START, { expected_count: 1000 })]);
    await untilRunning(service, ids.good, ids.bad, ids.paused, ids.runs, ids.gone, others.other);
    await service.report(ids.good, { status: 'Success', new_success: 9, new_failures: 1 });
    await service.call('PUT', `/task/${ids.bad}`, { new_success: 2147483647 });
    await service.call('PUT', `/task/${ids.paused}`, { new_success: 2147483647, new_failures: 2147483647 });
    await service.call('PUT', `/task/${others.other}`, { new_success: 100 });
    await service.fail(ids.bad);
    await service.call('DELETE', `/task/${ids.gone}`);
    await service.call('PATCH', `/task/pause/${ids.paused}`);
    const { status, body } = await stats(batch);
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        batch_id: batch,
        total_tasks: 7,
        // The sums exceed an integer.
        total_success: 2 * 2147483647 + 9,
        total_failures: 2147483647 + 1,
        total_expected: 2 * 2147483647 + 21,
        status_counts: { ...NONE, success: 1, failure: 2, paused: 1, running: 1, waiting: 1, canceled: 1 },
        scope: 'stats',
        metadata: { any: ['json', null] },
      },
    });
  });

  it('have no expected count when one task gives none, and null where nothing was given', async () => {
    const { batch } = await service.create([
      task('a', START, { expected_count: 3 }),
      task('b', START, after(['a'])),
      task('c', START, { ...after(['a']), expected_count: 4 }),
    ]);
    const { body } = await stats(batch);
    expect(body).toMatchObject({
      total_tasks: 3,
      total_success: 0,
      total_failures: 0,
      total_expected: null,
      scope: null,
      metadata: null,
    });
  });

  it('are 404 for an unknown batch and 400 for an id that is no UUID', async () => {
    expect((await stats(NOBODY)).status).toBe(404);
    expect((await stats('17')).status).toBe(400);
  });
});
