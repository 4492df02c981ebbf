import { randomUUID } from 'node:crypto';
import { ASLEEP, useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { recount } from '../support/recount';
import { rerunsOf } from '../support/reruns';
import { task } from '../support/service';

describe('A rerun', () => {
  const receiver = useReceiver();
  const service = useService({ ...ASLEEP, DEAD_END_CANCEL_ENABLED: '0' });
  const START = receiver.url('/start');
  const { statusOf, statusesOf, rerunBatch, rerunTask, diamond } = rerunsOf(service, receiver);
  afterEach(() => recount(service, { deadEnds: false }));

  describe('is refused', () => {
    it('for a batch or task that does not exist', async () => {
      const [id, { batch }] = [randomUUID(), await service.create([task('a', START)])];
      expect((await rerunBatch(id)).status).toBe(404);
      expect((await rerunTask(id)).status).toBe(404);
      expect(await rerunBatch(batch, { task_ids: [id] })).toMatchObject({ status: 404, body: { details: [id] } });
    });

    it('for a task of another batch', async () => {
      const [{ a }, { batch }] = [await service.create([task('a', START)]), await service.create([task('b', START)])];
      expect((await rerunBatch(batch, { task_ids: [a] })).status).toBe(404);
    });

    it('when nothing failed', async () => {
      const { a, batch } = await service.create([task('a', START)]);
      await untilRunning(service, a);
      expect((await rerunBatch(batch)).status).toBe(409);
      await service.succeed(a);
      expect((await rerunBatch(batch)).status).toBe(409);
      expect((await rerunTask(a)).status).toBe(409);
    });

    it('when a named task has not ended', async () => {
      const { left, right, batch } = await diamond();
      expect(await rerunBatch(batch, { task_ids: [left, right] })).toMatchObject({
        status: 409,
        body: { details: [`${right}: is Running`] },
      });
      expect(await statusOf(left)).toBe('Failure 1');
    });

    it('when a parent that the task requires did not succeed and is not rerun', async () => {
      const { left, end } = await diamond();
      expect(await rerunTask(end)).toMatchObject({
        status: 409,
        body: { details: [`${end}: requires a parent that did not succeed`] },
      });
      expect(await statusesOf(left, end)).toEqual(['Failure 1', 'Failure 1']);
    });

    it.each<[unknown, string]>([
      [[], 'body: must be an object'],
      ['all', 'body: must be an object'],
      [{ task_ids: [] }, 'task_ids: must have at least one id'],
      [{ task_ids: ['x'] }, 'task_ids: must be an array of UUIDs'],
      [{ task_ids: 'x' }, 'task_ids: must be an array of UUIDs'],
      [{ downstream: 'yes' }, 'downstream: must be true or false'],
    ])('with the body %j', async (body, fault) => {
      const { batch } = await service.create([task('a', START)]);
      expect(await service.call('POST', `/batch/${batch}/rerun`, body)).toMatchObject({
        status: 400,
        body: { details: [fault] },
      });
    });
  });

  it('with an Idempotency-Key happens once', async () => {
    const { left, batch } = await diamond();
    const post = (body: string) =>
      fetch(`${service.url}/batch/${batch}/rerun`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', 'idempotency-key': 'again' },
      });
    const first = await post('{}');
    const second = await post('{}');
    expect([first.status, second.status, second.headers.get('idempotency-replayed')]).toEqual([200, 200, 'true']);
    expect(await second.text()).toBe(await first.text());
    expect((await post('{"downstream":true}')).status).toBe(422);
    await untilRunning(service, left);
    expect(await statusOf(left)).toBe('Running 2');
  });
});
