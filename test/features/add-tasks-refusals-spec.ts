import { randomUUID } from 'node:crypto';
import { additionsOf } from '../support/additions';
import { ASLEEP, useReceiver, useService } from '../support/fixture';
import { recount } from '../support/recount';
import { after, task } from '../support/service';

describe('Adding tasks to a batch', () => {
  const receiver = useReceiver();
  const service = useService({ ...ASLEEP, MAX_TASKS_TOTAL_PER_BATCH: '9', MAX_DEPS_PER_TASK: '5' });
  const START = receiver.url('/start');
  const { post, before, add, running } = additionsOf(service, receiver);
  afterEach(() => recount(service));

  describe('is refused', () => {
    it('with every fault at once', async () => {
      const { batch, reduce } = await running();
      const unknown = randomUUID();
      const { status, body } = await post(batch, {
        scope: 'x',
        on_batch_complete: [],
        tasks: [
          task('a', START, { ...after(['d']), before: [{ id: 7, requires_success: true }] }),
          task('b', START, {
            before: [
              { id: reduce, requires_success: 1 },
              { id: reduce, requires_success: true },
            ],
          }),
          task('c', START, { ...before(unknown), dedupe_strategy: [{ kind: 'test', status: 'Running', fields: [] }] }),
          task('d', START, { before: Array.from({ length: 6 }, () => ({ id: randomUUID(), requires_success: true })) }),
        ],
      });
      expect([status, [...(body as { details: string[] }).details].sort()]).toEqual([
        400,
        [
          'on_batch_complete: can only be given when the batch is created',
          'scope: can only be given when the batch is created',
          'tasks[0].before[0].id: must be a string',
          'tasks[0].dependencies[0].id: "d" must be defined earlier in the request',
          `tasks[1].before[0].requires_success: must be true or false`,
          `tasks[1].before[1].id: "${reduce}" is listed more than once`,
          'tasks[2].before: must not be given together with dedupe_strategy',
          'tasks[3].before: must have at most 5 entries (MAX_DEPS_PER_TASK), not 6',
        ],
      ]);
    });

    it('with tasks that are not of the batch', async () => {
      const [{ batch }, { reduce: other }, unknown] = [await running(), await running(), randomUUID()];
      expect(await post(batch, [task('a', START, { ...after([unknown, 'nobody']), ...before(other) })])).toMatchObject({
        status: 400,
        body: {
          details: [
            `tasks[0].dependencies[0].id: "${unknown}" is not a task of this batch`,
            'tasks[0].dependencies[1].id: "nobody" is not a task of this batch',
            `tasks[0].before[0].id: "${other}" is not a task of this batch`,
          ],
        },
      });
    });

    it('with a local id that several tasks of the batch have', async () => {
      const { batch } = await running();
      await add(batch, [task('split', START)]);
      expect((await post(batch, [task('a', START, after(['split']))])).body.details).toEqual([
        'tasks[0].dependencies[0].id: "split" is the local id of 2 tasks of this batch',
      ]);
    });

    it('with a cycle, naming its path', async () => {
      const { split, reduce, end, batch } = await service.create([
        task('split', START),
        task('reduce', START, after(['split'])),
        task('end', START, after(['reduce'])),
      ]);
      const { status, body } = await post(batch, [
        task('a', START, after([end])),
        task('b', START, { ...after(['a']), ...before(reduce) }),
      ]);
      expect([status, body.details]).toEqual([
        400,
        [`tasks[1].before[0].id: would close a cycle: ${[reduce, end, 'a', 'b', reduce].join(' → ')}`],
      ]);
      expect((await post(batch, [task('a', START, { ...after([reduce]), ...before(reduce) })])).body.details).toEqual([
        `tasks[0].before[0].id: would close a cycle: ${[reduce, 'a', reduce].join(' → ')}`,
      ]);
      await add(batch, [task('fine', START, { ...after([split]), ...before(reduce) })]);
    });

    it('when a task that is to wait has started or ended', async () => {
      const { split, batch } = await running();
      expect(await post(batch, [task('a', START, before(split))])).toMatchObject({
        status: 409,
        body: { current_status: 'Running', details: [`tasks[0].before[0].id: "${split}" is Running`] },
      });
    });

    it('when the batch was stopped, until it is rerun', async () => {
      const { batch } = await running();
      await service.call('DELETE', `/batch/${batch}`);
      expect((await post(batch, [task('a', START)])).status).toBe(409);
      await service.call('POST', `/batch/${batch}/rerun`);
      await add(batch, [task('a', START)]);
    });

    it('when the batch does not exist', async () => {
      expect((await post(randomUUID(), [task('a', START)])).status).toBe(404);
    });

    it('when the batch would have too many tasks', async () => {
      const { batch } = await running();
      await add(
        batch,
        Array.from({ length: 7 }, (_, i) => task(`t${i}`, START)),
      );
      expect(await post(batch, [task('a', START)])).toMatchObject({
        status: 400,
        body: { details: [expect.stringMatching(/^tasks: .* 10 tasks; at most 9 .*MAX_TASKS_TOTAL_PER_BATCH/)] },
      });
      expect((await service.call('GET', `/batch/${batch}`)).body).toMatchObject({ total_tasks: 9 });
    });
  });
});
