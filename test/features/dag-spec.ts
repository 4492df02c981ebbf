import { untilRunning } from '../support/graph';
import { Receiver } from '../support/receiver';
import { after, Service, task, webhook, type Task } from '../support/service';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const MAX_INT = 2147483647;

interface Dag {
  tasks: Task[];
  links: { parent_id: string; child_id: string; requires_success: boolean }[];
}

describe('What is said of a batch', () => {
  let service: Service;
  let receiver: Receiver;
  let START: string;
  beforeAll(async () => {
    receiver = await Receiver.start();
    service = await Service.start();
    START = receiver.url('/start');
  });
  afterAll(async () => {
    await service.stop();
    await receiver.close();
  });

  describe('by GET /dag', () => {
    const dag = (batch: string) => service.call<Dag>('GET', `/dag/${batch}`);

    it('has its tasks in light form and its links, and nothing of other batches', async () => {
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

    it('has no links where there are none', async () => {
      const { batch } = await service.create([task('a', START)]);
      expect((await dag(batch)).body.links).toEqual([]);
    });

    it('is complete, however large the batch', async () => {
      const many = Array.from({ length: 500 }, (_, i) => task(`n${i}`, START, i > 0 ? after(['n0']) : {}));
      const { batch } = await service.create(many);
      const { body } = await dag(batch);
      expect([body.tasks.length, body.links.length]).toEqual([500, 499]);
    });

    it('is 404 where the batch has no task, and 400 for what is no UUID', async () => {
      expect((await dag(NOBODY)).status).toBe(404);
      expect((await dag('17')).status).toBe(400);
      const { headers } = await service.call('POST', '/task', {
        tasks: [],
        on_batch_complete: [webhook(receiver.url('/complete'))],
      });
      expect((await dag(headers.get('x-batch-id')!)).status).toBe(404);
    });
  });

  describe('by GET /batch', () => {
    const stats = async (batch: string) => {
      const { status, body } = await service.call<object>('GET', `/batch/${batch}`);
      expect(status).toBe(200);
      return body;
    };
    const NONE = {
      waiting: 0,
      pending: 0,
      claimed: 0,
      running: 0,
      success: 0,
      failure: 0,
      paused: 0,
      canceled: 0,
    };

    it('counts tasks by state, and adds up what they have done', async () => {
      const ids = await service.create([
        task('good', START, { expected_count: 10 }),
        task('bad', START, { expected_count: 5 }),
        task('fallen', START, { ...after(['bad']), expected_count: 1 }),
        task('runs', START, { expected_count: 0 }),
        task('waits', START, { ...after(['runs']), expected_count: 4 }),
        task('held', START, { ...after(['runs']), expected_count: 4 }),
        task('stopped', START, { ...after(['runs']), expected_count: 4 }),
      ]);
      await untilRunning(service, ids.good, ids.bad, ids.runs);
      await service.report(ids.good, { status: 'Success', new_success: 8, new_failures: 2 });
      await service.report(ids.bad, { status: 'Failure', failure_reason: 'x', new_failures: 5 });
      await service.report(ids.runs, { new_success: 3 });
      await service.call('PATCH', `/task/pause/${ids.held}`);
      await service.call('DELETE', `/task/${ids.stopped}`);
      expect(await stats(ids.batch)).toEqual({
        batch_id: ids.batch,
        total_tasks: 7,
        total_success: 11,
        total_failures: 7,
        total_expected: 28,
        status_counts: { ...NONE, success: 1, failure: 2, running: 1, waiting: 1, paused: 1, canceled: 1 },
        scope: null,
        metadata: null,
      });
    });

    it('expects nothing known where one task does not say', async () => {
      const { batch } = await service.create([task('a', START, { expected_count: 10 }), task('b', START)]);
      expect(await stats(batch)).toMatchObject({ total_tasks: 2, total_expected: null });
    });

    it('adds up beyond the range of a counter', async () => {
      const rest = { expected_count: MAX_INT };
      const ids = await service.create([task('a', START, rest), task('b', START, rest), task('c', START, rest)]);
      await untilRunning(service, ids.a, ids.b);
      await service.report(ids.a, { new_success: MAX_INT, new_failures: MAX_INT });
      await service.report(ids.b, { new_success: MAX_INT, new_failures: MAX_INT });
      expect(await stats(ids.batch)).toMatchObject({
        total_success: 2 * MAX_INT,
        total_failures: 2 * MAX_INT,
        total_expected: 3 * MAX_INT,
      });
    });

    it('is 404 for an unknown batch, and 400 for what is no UUID', async () => {
      expect((await service.call('GET', `/batch/${NOBODY}`)).status).toBe(404);
      expect((await service.call('GET', '/batch/17')).status).toBe(400);
    });
  });
});
