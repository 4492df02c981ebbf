import { useReceiver, useService } from '../support/fixture';
import { statesOf, untilRunning } from '../support/graph';
import { recount } from '../support/recount';
import { after, task, webhook } from '../support/service';

describe('The end of a task', () => {
  const service = useService();
  const receiver = useReceiver();
  const START = receiver.url('/start');
  const to = (path: string) => [webhook(receiver.url(path))];

  it('is committed with all that follows from it, or not at all', async () => {
    const { batch, first, second, third } = await service.create([
      task('first', START, { on_success: to('/good') }),
      task('second', START, { ...after(['first']), on_success: to('/poison') }),
      task('third', START, { ...after(['first'], ['second']), on_failure: to('/poison') }),
    ]);
    await untilRunning(service, first);
    await service.query(`ALTER TABLE outbox ADD CONSTRAINT no_poison CHECK (url NOT LIKE '%/poison')`);
    const before = await service.task(first);
    // The third task fails with the first one, and its notification cannot be stored.
    expect((await service.fail(first)).status).toBe(500);
    expect(await statesOf(service, batch)).toEqual({ first: 'Running', second: 'Waiting', third: 'Waiting' });
    expect(await service.task(first)).toEqual(before);
    await recount(service);
    await service.query('ALTER TABLE outbox DROP CONSTRAINT no_poison');
    expect((await service.fail(first)).status).toBe(200);
    expect(await statesOf(service, batch)).toEqual({ first: 'Failure', second: 'Failure', third: 'Failure' });
    const [{ headers }] = await receiver.waitFor(1, '/poison');
    expect(headers['idempotency-key']).toBe(`${third}:end:failure`);
    expect((await service.task(second)).failure_reason).toContain(first);
  });
});
