import { useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { after, task, webhook, type Task } from '../support/service';

const NOBODY = '00000000-0000-4000-8000-000000000000';

interface Dag {
  tasks: Task[];
  links: { parent_id: string; child_id: string; requires_success: boolean }[];
}

describe('GET /dag', () => {
  const service = useService();
  const receiver = useReceiver();
  const START = receiver.url('/start');

  const dag = (batch: string) => service.call<Dag>('GET', `/dag/${batch}`);

  it('has its tasks in light form and its links, and none of other batches', async () => {
    await service.create([task('x', START), task('y', START, after(['x']))]);
    const { batch, a, b, c } = await service.create([
      task('a', START),
      task('b', START, after(['a'])),
      task('c', START, after(['b'], ['a'])),
    ]);
    await untilRunning(service, a);
    const { status, body } = await dag(batch);
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(['links', 'tasks']);
    const { body: listed } = await service.call<Task[]>('GET', `/task?batch_id=${batch}`);
    const byId = (one: Task, other: Task) => (one.id < other.id ? -1 : 1);
    expect([...body.tasks].sort(byId)).toEqual([...listed].sort(byId));
    expect(body.tasks.map(({ id, status }) => [id, status])).toEqual([
      [a, 'Running'],
      [b, 'Waiting'],
      [c, 'Waiting'],
    ]);
    expect(body.links).toHaveLength(3);
    expect(body.links).toEqual(
      expect.arrayContaining([
        { parent_id: a, child_id: b, requires_success: true },
        { parent_id: b, child_id: c, requires_success: true },
        { parent_id: a, child_id: c, requires_success: false },
      ]),
    );
  });

  it('has an empty list of links for a batch without links', async () => {
    const { batch } = await service.create([task('a', START)]);
    expect((await dag(batch)).body.links).toEqual([]);
  });

  it('is complete for a large batch', async () => {
    const many = Array.from({ length: 500 }, (_, i) => task(`n${i}`, START, i > 0 ? after(['n0']) : {}));
    const { batch } = await service.create(many);
    const { body } = await dag(batch);
    expect([body.tasks.length, body.links.length]).toEqual([500, 499]);
  });

  it('is 404 for a batch without tasks and 400 for an id that is no UUID', async () => {
    expect((await dag(NOBODY)).status).toBe(404);
    expect((await dag('17')).status).toBe(400);
    const { headers } = await service.call('POST', '/task', {
      tasks: [],
      on_batch_complete: [webhook(receiver.url('/complete'))],
    });
    expect((await dag(headers.get('x-batch-id')!)).status).toBe(404);
  });
});
