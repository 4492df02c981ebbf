import { startReplica, useReceiver, useService } from '../support/fixture';
import { allDelivered, runTask, untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { recount } from '../support/recount';
import { age } from '../support/rows';
import { after, task, webhook } from '../support/service';

const MAX_INT = 2147483647;
const NOBODY = '00000000-0000-4000-8000-000000000000';

interface Problem {
  error: string;
  details: string[];
  current_status?: string;
}

describe('A report', () => {
  afterAll(() => recount(service));
  const receiver = useReceiver();
  const service = useService();
  const START = receiver.url('/start');

  /** Longer than `silence`, so that no task times out. */
  const TIMEOUT = 7200;
  const running = async (rest?: object) => (await runTask(service, START, { timeout: TIMEOUT, ...rest })).id;
  const patch = (id: string, report: unknown) => service.call<Problem>('PATCH', `/task/${id}`, report);
  const silence = (id: string) => age(service, id, 3600);
  /** Returns all fields of a task except the time of its last change. */
  const fieldsOf = async (id: string) => ({ ...(await service.task(id)), last_updated: undefined });
  const isFresh = async (id: string) => {
    const [{ fresh }] = await service.query<{ fresh: boolean }>(
      `SELECT last_updated > now() - interval '1 minute' AS fresh FROM task WHERE id = $1`,
      [id],
    );
    return fresh;
  };

  describe('with a result', () => {
    it('ends the task as a success', async () => {
      const id = await running();
      await silence(id);
      expect((await service.succeed(id)).status).toBe(200);
      expect(await service.task(id)).toMatchObject({
        status: 'Success',
        failure_reason: null,
        started_at: expect.any(String) as string,
        ended_at: expect.any(String) as string,
      });
      expect(await isFresh(id)).toBe(true);
    });

    it('ends the task as a failure, with the reason', async () => {
      const id = await running();
      expect((await service.fail(id, 'The disk is full 💥')).status).toBe(200);
      expect(await service.task(id)).toMatchObject({ status: 'Failure', failure_reason: 'The disk is full 💥' });
    });

    it.each([{ url: 'x', n: [1] }, 'text', 0, false, []])('keeps what the work returned: %j', async (result) => {
      const id = await running();
      expect((await patch(id, { status: 'Success', result })).status).toBe(200);
      expect((await service.task(id)).result).toEqual(result);
    });

    it('keeps what the last attempt returned', async () => {
      const id = await running({ retry: { max_attempts: 2, delay_secs: 0 } });
      await patch(id, { status: 'Failure', failure_reason: 'x', result: 'first' });
      await eventually(async () =>
        expect(await service.task(id)).toMatchObject({ status: 'Running', attempt: 2, result: null }),
      );
      const last = { status: 'Failure', failure_reason: 'x', result: 'second' };
      expect((await service.call('PATCH', `/task/${id}?attempt=2`, last)).status).toBe(200);
      expect(await service.task(id)).toMatchObject({ status: 'Failure', result: 'second' });
    });

    it('sets the other fields too', async () => {
      const id = await running();
      const fields = { metadata: { rows: 5 }, expected_count: 9, priority: 3 };
      await patch(id, { status: 'Success', new_success: 5, new_failures: 2, ...fields });
      expect(await service.task(id)).toMatchObject({ status: 'Success', success: 5, failures: 2, ...fields });
    });

    it('calls only the matching action', async () => {
      const actions = (name: string) => [webhook(receiver.url(`/notified/${name}`))];
      const good = await running({ on_success: actions('good'), on_failure: actions('not-good') });
      const bad = await running({ on_success: actions('not-bad'), on_failure: actions('bad') });
      await Promise.all([service.succeed(good), service.fail(bad)]);
      await allDelivered(service);
      expect(receiver.received(({ path }) => path.startsWith('/notified/')).map(({ path }) => path)).toEqual(
        expect.arrayContaining(['/notified/good', '/notified/bad']),
      );
      expect(receiver.received(({ path }) => path.startsWith('/notified/not-'))).toEqual([]);
    });

    it('is applied before the start call returns, but its notifications wait for that', async () => {
      let answer!: () => void;
      const after = new Promise<void>((resolve) => (answer = resolve));
      receiver.reply('/slow', { after });
      const notified = receiver.url('/after-slow');
      const { a } = await service.create([task('a', receiver.url('/slow'), { on_success: [webhook(notified)] })]);
      await receiver.waitFor(1, '/slow');
      expect((await service.task(a)).status).toBe('Claimed');
      expect((await patch(a, { new_success: 1 })).status).toBe(200);
      expect((await service.task(a)).status).toBe('Claimed');
      expect((await service.succeed(a)).status).toBe(200);
      expect(await service.task(a)).toMatchObject({ status: 'Success', success: 1 });
      expect(receiver.received('/after-slow')).toEqual([]);
      answer();
      await receiver.waitFor(1, '/after-slow');
      await allDelivered(service);
      expect(receiver.received('/after-slow')).toHaveLength(1);
      expect(await service.task(a)).toMatchObject({ status: 'Success', started_at: expect.any(String) as string });
    });

    it('is not undone when the start call is refused afterwards', async () => {
      let answer!: () => void;
      receiver.reply('/late-refusal', { status: 500, after: new Promise<void>((resolve) => (answer = resolve)) });
      const { a } = await service.create([task('a', receiver.url('/late-refusal'))]);
      await receiver.waitFor(1, '/late-refusal');
      expect((await service.succeed(a)).status).toBe(200);
      answer();
      await eventually(async () =>
        expect(await service.query('SELECT status FROM delivery WHERE task_id = $1', [a])).toEqual([
          { status: 'failure' },
        ]),
      );
      expect(await service.task(a)).toMatchObject({ status: 'Success', failure_reason: null });
    });
  });

  describe('is answered 404', () => {
    it('with the current status after a first result', async () => {
      const [good, bad] = [await running(), await running()];
      await Promise.all([service.succeed(good), service.fail(bad)]);
      for (const [id, ended] of Object.entries({ [good]: 'Success', [bad]: 'Failure' })) {
        const { ended_at, last_updated } = await service.task(id);
        for (const report of [
          { status: 'Success' },
          { status: 'Failure', failure_reason: 'x' },
          { new_success: 1 },
          {},
        ]) {
          const { status, body } = await patch(id, report);
          expect([status, body.current_status]).toEqual([404, ended]);
        }
        expect(await service.task(id)).toMatchObject({ status: ended, success: 0, ended_at, last_updated });
      }
    });

    it('with the current status while the task waits', async () => {
      const { a, b } = await service.create([task('a', START), task('b', START, after(['a']))]);
      await untilRunning(service, a);
      for (const report of [{ status: 'Success' }, { new_success: 1 }, {}]) {
        const { status, body } = await patch(b, report);
        expect([status, body.current_status]).toEqual([404, 'Waiting']);
      }
      expect(await service.task(b)).toMatchObject({ status: 'Waiting', success: 0 });
    });

    it('without a status for an unknown task', async () => {
      const { status, body } = await patch(NOBODY, { status: 'Success' });
      expect(status).toBe(404);
      expect(body).not.toHaveProperty('current_status');
    });
  });

  describe('without a result', () => {
    it('replaces the metadata, and extends the timeout', async () => {
      const id = await running({ metadata: { old: 1, kept: 'no' } });
      await silence(id);
      expect((await patch(id, { metadata: { new: [2] } })).status).toBe(200);
      expect(await service.task(id)).toMatchObject({ status: 'Running', metadata: { new: [2] } });
      expect((await service.task(id)).metadata).not.toHaveProperty('old');
      expect(await isFresh(id)).toBe(true);
    });

    it('can set metadata of exactly 64 KiB', async () => {
      const id = await running();
      const metadata = 'x'.repeat(65534);
      expect((await patch(id, { metadata })).status).toBe(200);
      expect((await service.task(id)).metadata).toBe(metadata);
    });

    it.each([0, false, '', [], { constructor: 1 }].map((metadata) => ({ metadata })))(
      'stores $metadata as metadata',
      async ({ metadata }) => {
        const id = await running({ metadata: { old: 1 } });
        expect((await patch(id, { metadata })).status).toBe(200);
        expect((await service.task(id)).metadata).toEqual(metadata);
      },
    );

    it('extends the timeout and changes nothing else when it is {}', async () => {
      const id = await running({ metadata: { a: 1 }, expected_count: 5, priority: 2 });
      await silence(id);
      const before = await fieldsOf(id);
      expect((await patch(id, {})).status).toBe(200);
      expect(await fieldsOf(id)).toEqual(before);
      expect(await isFresh(id)).toBe(true);
    });

    it('changes no fields when all of its values are null', async () => {
      const id = await running({ metadata: { a: 1 }, expected_count: 5, priority: 2 });
      const before = await fieldsOf(id);
      const nothing = { status: null, new_success: null, new_failures: null, failure_reason: null };
      expect((await patch(id, { ...nothing, metadata: null, expected_count: null, priority: null })).status).toBe(200);
      expect(await fieldsOf(id)).toEqual(before);
    });

    it('sets the expected count and the priority, up to their limits', async () => {
      const id = await running();
      for (const fields of [
        { expected_count: 0, priority: -1000 },
        { expected_count: MAX_INT, priority: 1000 },
      ]) {
        expect((await patch(id, fields)).status).toBe(200);
        expect(await service.task(id)).toMatchObject({ status: 'Running', ...fields });
      }
    });

    it('adds to the counters', async () => {
      const id = await running();
      await patch(id, { new_success: 3 });
      await patch(id, { new_failures: 2 });
      await patch(id, { new_success: 4, new_failures: 1 });
      expect(await service.task(id)).toMatchObject({ success: 7, failures: 3 });
    });

    it('is not lost when 100 arrive at the same time', async () => {
      const id = await running();
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, i) => patch(id, { new_success: i % 3, new_failures: 1 })),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect(await service.task(id)).toMatchObject({ success: 99, failures: 100 });
    });

    it('stops the counters at the largest integer', async () => {
      const id = await running();
      const most = { new_success: MAX_INT, new_failures: MAX_INT };
      await Promise.all([patch(id, most), patch(id, most), patch(id, { new_success: 1 })]);
      expect(await service.task(id)).toMatchObject({ success: MAX_INT, failures: MAX_INT });
      expect((await patch(id, { new_success: 10 })).status).toBe(200);
      expect(await service.task(id)).toMatchObject({ success: MAX_INT });
    });
  });

  describe('sent fifty times at once', () => {
    it.each([1, 2])('counts once and notifies once, with %i replica(s)', async (replicas) => {
      const notified = receiver.url(`/once/${replicas}`);
      const id = await running({ on_success: [webhook(notified)] });
      const services = replicas === 1 ? [service] : [service, await startReplica(service)];
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          services[i % replicas].call<Problem>('PATCH', `/task/${id}`, { status: 'Success', new_success: 1 }),
        ),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      const refused = answers.filter(({ status }) => status === 404);
      expect(refused).toHaveLength(49);
      expect(new Set(refused.map(({ body }) => body.current_status))).toEqual(new Set(['Success']));
      expect((await service.task(id)).success).toBe(1);
      await receiver.waitFor(1, `/once/${replicas}`);
      await allDelivered(service);
      expect(receiver.received(`/once/${replicas}`)).toHaveLength(1);
    });

    it('ends the task with the first result when results contradict each other', async () => {
      const actions = [webhook(receiver.url('/contradicted'))];
      const id = await running({ on_success: actions, on_failure: actions });
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, i) => (i % 2 ? service.succeed(id) : service.fail(id, `Report ${i}`))),
      );
      const winners = answers.flatMap(({ status }, i) => (status === 200 ? [i] : []));
      expect(winners).toHaveLength(1);
      const [winner] = winners;
      expect(await service.task(id)).toMatchObject(
        winner % 2
          ? { status: 'Success', failure_reason: null }
          : { status: 'Failure', failure_reason: `Report ${winner}` },
      );
      await allDelivered(service);
      expect(receiver.received('/contradicted')).toHaveLength(1);
    });
  });
});
