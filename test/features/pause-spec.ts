import { StaleClaimsLoop } from '../../src/task/claiming/stale-claims.loop';
import { OpenStarts } from '../../src/task/start/open-starts';
import { TimeoutLoop } from '../../src/task/finish/timeout.loop';
import { ASLEEP, useReceiver, useService } from '../support/fixture';
import { Gate } from '../support/gate';
import { allDelivered, runTask, untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import type { Reply } from '../support/receiver';
import { recount } from '../support/recount';
import { age, loseWorker } from '../support/rows';
import { blocking, concurrency, untilBlocked } from '../support/rules';
import { after, provider, task, webhook } from '../support/service';

const NOBODY = '00000000-0000-4000-8000-000000000000';

describe('Pausing a task', () => {
  const receiver = useReceiver();
  // Nothing runs except what a commit or a test wakes.
  const service = useService(ASLEEP);
  const START = receiver.url('/start');
  afterEach(() => recount(service));

  let paths = 0;
  const path = () => `/${++paths}`;
  const keys = (name: string) => receiver.received(name).map(({ headers }) => headers['idempotency-key']);
  const pause = (id: string) => service.call('PATCH', `/task/pause/${id}`);
  const resume = (id: string) => service.call('PATCH', `/task/resume/${id}`);
  const statusOf = async (id: string) => (await service.task(id)).status;
  const becomes = (id: string, status: string) => eventually(async () => expect(await statusOf(id)).toBe(status));
  const paused = async (id: string) => {
    expect(await pause(id)).toMatchObject({ status: 200, body: undefined });
    expect(await statusOf(id)).toBe('Paused');
  };
  const resumed = async (id: string) => expect(await resume(id)).toMatchObject({ status: 200, body: undefined });
  const running = async (rest?: object) => (await runTask(service, START, rest)).id;
  const silence = (id: string) => age(service, id, 7200);
  const timeOut = () => provider(service, TimeoutLoop).runOnce();

  describe('that has not started', () => {
    it('keeps a pending one paused, even when no rule blocks it any more', async () => {
      const [start, kind] = [path(), 'pending'];
      const { a, batch } = await service.create([task('a', receiver.url(start), { kind, rules: [blocking(kind)] })]);
      await paused(a);
      const change = await service.call('PATCH', `/batch/${batch}/rules`, { kind, rules: [] });
      expect(change).toMatchObject({ status: 200, body: { updated_count: 1 } });
      // A task created later starts, and the paused one does not.
      await running({ kind });
      expect([await statusOf(a), keys(start)]).toEqual(['Paused', []]);
      await resumed(a);
      await untilRunning(service, a);
      expect(keys(start)).toEqual([`${a}:start`]);
    });

    it('lets a waiting one wait again when it is resumed', async () => {
      const { a, b } = await service.create([task('a', START), task('b', START, after(['a']))]);
      await paused(b);
      await resumed(b);
      expect(await statusOf(b)).toBe('Waiting');
      await service.succeed(a);
      await untilRunning(service, b);
    });

    it('starts a waiting one on resume if its parents ended meanwhile', async () => {
      const ids = await service.create([
        task('a', START),
        task('b', START),
        task('held', START, after(['a'], ['b'])),
        task('other', START, after(['a'], ['b'])),
      ]);
      await untilRunning(service, ids.a, ids.b);
      await paused(ids.held);
      await service.succeed(ids.a);
      await service.fail(ids.b);
      await untilRunning(service, ids.other);
      expect(await statusOf(ids.held)).toBe('Paused');
      await resumed(ids.held);
      await untilRunning(service, ids.held);
    });

    it.each(['fails', 'is canceled'])('does not save it when a required parent %s', async (how) => {
      const told = path();
      const ids = await service.create([
        task('a', START),
        task('held', START, { ...after(['a']), on_failure: [webhook(receiver.url(told))] }),
      ]);
      await untilRunning(service, ids.a);
      await paused(ids.held);
      if (how === 'fails') await service.fail(ids.a);
      else await service.call('DELETE', `/task/${ids.a}`);
      const { status, failure_reason } = await service.task(ids.held);
      expect([status, failure_reason]).toEqual(['Failure', expect.stringContaining(ids.a)]);
      await allDelivered(service);
      expect(keys(told)).toEqual([`${ids.held}:end:failure`]);
      expect((await resume(ids.held)).status).toBe(400);
    });

    it('removes it from the pending tasks that a rule counts', async () => {
      const { held } = await service.create([task('held', START, { kind: 'counted', rules: [blocking('counted')] })]);
      const { a } = await service.create([
        task('a', START, { kind: 'counting', rules: [concurrency('counted', 1, [], 'Pending')] }),
      ]);
      await untilBlocked(service, a);
      await paused(held);
      await untilRunning(service, a);
    });
  });

  describe('that is running', () => {
    it('stops its timeout, which starts from the beginning on resume', async () => {
      const id = await running({ timeout: 3600 });
      await paused(id);
      await silence(id);
      expect(await timeOut()).toBe(0);
      expect(await statusOf(id)).toBe('Paused');
      await resumed(id);
      expect(await timeOut()).toBe(0);
      expect(await statusOf(id)).toBe('Running');
      await silence(id);
      expect(await timeOut()).toBe(1);
      expect(await service.task(id)).toMatchObject({ status: 'Failure', failure_reason: 'Timeout' });
    });

    it('lets its receiver report success', async () => {
      const told = path();
      const { a, b } = await service.create([
        task('a', START, { on_success: [webhook(receiver.url(told))] }),
        task('b', START, after(['a'])),
      ]);
      await untilRunning(service, a);
      await paused(a);
      expect((await service.succeed(a)).status).toBe(200);
      expect(await statusOf(a)).toBe('Success');
      await untilRunning(service, b);
      await allDelivered(service);
      expect(keys(told)).toEqual([`${a}:end:success`]);
    });

    it('lets its receiver report failure', async () => {
      const id = await running();
      await paused(id);
      expect((await service.fail(id, 'Broken')).status).toBe(200);
      expect(await service.task(id)).toMatchObject({ status: 'Failure', failure_reason: 'Broken' });
    });

    it('lets its receiver report progress in both ways, and keeps it paused', async () => {
      const id = await running({ timeout: 3600 });
      await paused(id);
      expect((await service.report(id, { new_success: 2, metadata: { at: 'half' } })).status).toBe(200);
      expect((await service.call('PUT', `/task/${id}`, { new_failures: 1 })).status).toBe(202);
      await silence(id);
      expect((await service.report(id, {})).status).toBe(200);
      expect(await service.task(id)).toMatchObject({
        status: 'Paused',
        success: 2,
        failures: 1,
        metadata: { at: 'half' },
      });
      expect(await timeOut()).toBe(0);
    });

    it('lets it go on without another start call', async () => {
      const start = path();
      const { a } = await service.create([task('a', receiver.url(start))]);
      await untilRunning(service, a);
      const { started_at } = await service.task(a);
      await paused(a);
      await resumed(a);
      expect(await service.task(a)).toMatchObject({ status: 'Running', started_at });
      await running();
      expect(keys(start)).toEqual([`${a}:start`]);
    });
  });

  describe('whose start call is in flight', () => {
    const inFlight = async (reply: Exclude<Reply, string> = {}, rest: object = {}) => {
      const [start, gate] = [path(), new Gate()];
      receiver.reply(start, { ...reply, after: gate.opened });
      const { a } = await service.create([task('a', receiver.url(start), rest)]);
      await receiver.waitFor(1, start);
      await paused(a);
      return { id: a, start, answer: gate.open };
    };
    const startIs = (id: string, status: string) =>
      eventually(async () => {
        const { body } = await service.call<{ status: string }[]>('GET', `/webhook-deliveries?task_id=${id}`);
        expect(body).toMatchObject([{ trigger: 'start', status }]);
      });

    it('lets it run when it is resumed after the call was accepted', async () => {
      const { id, start, answer } = await inFlight({}, { timeout: 3600 });
      answer();
      await startIs(id, 'success');
      expect(await service.task(id)).toMatchObject({ status: 'Paused', started_at: expect.any(String) as string });
      await silence(id);
      await resumed(id);
      expect(await statusOf(id)).toBe('Running');
      expect(await timeOut()).toBe(0);
      await silence(id);
      expect(await timeOut()).toBe(1);
      expect(keys(start)).toEqual([`${id}:start`]);
    });

    it('returns it to Claimed when it is resumed before the answer', async () => {
      const { id, start, answer } = await inFlight();
      await resumed(id);
      expect(await statusOf(id)).toBe('Claimed');
      answer();
      await untilRunning(service, id);
      expect(keys(start)).toEqual([`${id}:start`]);
    });

    it('fails it when the call is refused', async () => {
      const told = path();
      const { id, answer } = await inFlight({ status: 503 }, { on_failure: [webhook(receiver.url(told))] });
      answer();
      await becomes(id, 'Failure');
      expect((await service.task(id)).failure_reason).toContain('503');
      await allDelivered(service);
      expect(keys(told)).toEqual([`${id}:end:failure`]);
    });

    it('lets the receiver report before it has answered', async () => {
      const { id, answer } = await inFlight();
      expect((await service.succeed(id)).status).toBe(200);
      answer();
      await startIs(id, 'success');
      expect(await statusOf(id)).toBe('Success');
    });

    it('starts it again when it is resumed after its worker was lost', async () => {
      const { id, start, answer } = await inFlight({ status: 500 });
      await loseWorker(service, id);
      expect(await provider(service, StaleClaimsLoop).runOnce()).toBe(1);
      expect(await statusOf(id)).toBe('Paused');
      answer();
      await eventually(() => expect(provider(service, OpenStarts).taskIds).toEqual([]));
      expect(await statusOf(id)).toBe('Paused');
      receiver.reply(start, {});
      await resumed(id);
      await untilRunning(service, id);
      expect(keys(start)).toEqual([`${id}:start`, `${id}:start`]);
    });
  });

  describe('is refused', () => {
    it('with 400 when it is already paused, and keeps it paused', async () => {
      const id = await running();
      await paused(id);
      expect(await pause(id)).toMatchObject({
        status: 400,
        body: { error: expect.stringContaining('Paused') as string },
      });
      await resumed(id);
      expect(await statusOf(id)).toBe('Running');
    });

    it('with 400 when it has ended, like resuming', async () => {
      const [good, bad, gone] = [await running(), await running(), await running()];
      await Promise.all([service.succeed(good), service.fail(bad), service.call('DELETE', `/task/${gone}`)]);
      for (const id of [good, bad, gone]) {
        const before = await service.task(id);
        expect([(await pause(id)).status, (await resume(id)).status]).toEqual([400, 400]);
        expect(await service.task(id)).toEqual(before);
      }
    });

    it('with 404 for an unknown task and 400 for a malformed id, like resuming', async () => {
      expect([(await pause(NOBODY)).status, (await resume(NOBODY)).status]).toEqual([404, 404]);
      expect([(await pause('17')).status, (await resume('17')).status]).toEqual([400, 400]);
    });
  });

  it('is required before it can be resumed', async () => {
    const { a, b } = await service.create([task('a', START), task('b', START, after(['a']))]);
    await untilRunning(service, a);
    expect([(await resume(a)).status, (await resume(b)).status]).toEqual([400, 400]);
    expect([await statusOf(a), await statusOf(b)]).toEqual(['Running', 'Waiting']);
  });

  it('succeeds for exactly one of twenty simultaneous requests, like resuming', async () => {
    const id = await running();
    for (const act of [pause, resume]) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => act(id)));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(19).fill(400)]);
    }
    expect(await statusOf(id)).toBe('Running');
  });
});
