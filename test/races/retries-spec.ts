import { AT_ONCE, failure } from '../support/attempts';
import { failsUpTo, isStale, SILENT, useAttemptRaces } from '../support/attempt-races';
import { useReceiver } from '../support/fixture';
import { Gate } from '../support/gate';
import { allDelivered } from '../support/graph';
import { eventually } from '../support/poll';
import { recount } from '../support/recount';
import { Receiver } from '../support/receiver';
import { type Answer, freePort, idsOf, task, type Task, webhook } from '../support/service';

const HOUR_SECS = 3600;
const STARTED = ['Claimed', 'Running'];

describe('Attempts on two replicas', () => {
  const receiver = useReceiver();
  const race = useAttemptRaces(receiver);
  const { services, newPath, keysTo, create, found, until, report, startsOf } = race;
  afterEach(() => recount(services[0]));

  it('end by one of a success, a failure and the timeout at the same moment, and callers know which', async () => {
    const ids = await create(60, newPath(), SILENT);
    await until(ids, { status: 'Running' });
    await race.silence(ids);
    const reports = (id: string, i: number): Promise<[Answer, Answer]> =>
      Promise.all([report(id, 1, { status: 'Success' }, i), report(id, 1, failure('Reported'), i + 1)]);
    const early = ids.slice(0, 30).map(reports);
    await Promise.race(early);
    const timeouts = race.runTimeouts();
    const answers = [...(await Promise.all(early)), ...(await Promise.all(ids.slice(30).map(reports)))];
    await timeouts;
    const tasks = await found(ids);
    const won = tasks.map(({ status, attempt, over }, i) => {
      const [success, failed] = answers[i];
      expect([success.status, failed.status].filter((each) => each === 200).length).toBeLessThan(2);
      if (success.status === 200) {
        expect([status, attempt, over, failed.status]).toEqual(['Success', 1, [], 404]);
        return 'success';
      }
      expect([attempt, over.length, isStale(success, 2)]).toEqual([2, 1, true]);
      expect(over[0].failure_reason).toBe(failed.status === 200 ? 'Reported' : 'Timeout');
      if (failed.status !== 200) expect(isStale(failed, 2)).toBe(true);
      return over[0].failure_reason;
    });
    const retried = ids.filter((_, i) => won[i] !== 'success');
    await until(retried, { status: 'Running', attempt: 2 });
    await race.expectStartedOnce(ids);
    const ends = await Promise.all(retried.map((id, i) => report(id, 2, { status: 'Success' }, i)));
    expect(ends.filter(({ status }) => status !== 200)).toEqual([]);
  });

  it('end once each though four callers report their failure, and the end is told once', async () => {
    const [path, sorry, done] = [newPath(), newPath(), newPath()];
    const { batch, ...created } = await services[0].create({
      tasks: Array.from({ length: 12 }, (_, i) =>
        task(String(i), receiver.url(path), {
          retry: { max_attempts: 5, ...AT_ONCE },
          on_failure: [webhook(receiver.url(sorry))],
        }),
      ),
      on_batch_complete: [webhook(receiver.url(done))],
    } as never);
    const ids = idsOf(created);
    for (let attempt = 1; attempt <= 5; attempt++) {
      await until(ids, { status: 'Running', attempt });
      const answers = await Promise.all(
        ids.map((id) => Promise.all([0, 1, 2, 3].map((caller) => report(id, attempt, failure(), caller)))),
      );
      for (const all of answers) {
        const refused = all.filter(({ status }) => status !== 200);
        expect(refused).toHaveLength(3);
        const isTold = (answer: Answer) => (attempt < 5 ? isStale(answer, attempt + 1) : answer.status === 404);
        expect(refused.filter((answer) => !isTold(answer))).toEqual([]);
      }
    }
    await until(ids, { status: 'Failure', attempt: 5 });
    await allDelivered(services[0]);
    expect(keysTo(sorry).sort()).toEqual(ids.map((id) => `${id}:attempt-5:end:failure`).sort());
    expect(keysTo(done)).toEqual([`batch:${batch}:complete`]);
    await race.expectStartedOnce(ids);
  });

  it('follow each other up to the hundredth, and no further, if the receiver fails each of them at once', async () => {
    const [path, sorry] = [newPath(), newPath()];
    receiver.reply(path, { body: failure('Never') });
    const on_failure = [webhook(receiver.url(sorry))];
    const ids = await create(2, path, { retry: { max_attempts: 100, ...AT_ONCE }, on_failure });
    await until(ids, { status: 'Failure', attempt: 100 });
    const numbers = Array.from({ length: 99 }, (_, n) => n + 1);
    for (const { over } of await found(ids)) expect(over.map(({ attempt }) => attempt)).toEqual(numbers);
    await allDelivered(services[0]);
    expect(keysTo(sorry).sort()).toEqual(ids.map((id) => `${id}:attempt-100:end:failure`).sort());
    await race.expectStartedOnce(ids);
  });

  describe('are moved, paused, resumed and canceled while they wait', () => {
    const [one, other] = services;
    const runNow = (service: typeof one, id: string) => service.call('PATCH', `/task/${id}`, { run_at: null });
    const pause = (service: typeof one, id: string) => service.call('PATCH', `/task/pause/${id}`);
    const resume = (service: typeof one, id: string) => service.call('PATCH', `/task/resume/${id}`);
    const cancel = (service: typeof one, id: string) => service.call('DELETE', `/task/${id}`);

    /** Creates tasks whose first attempt has failed, and whose second one is far away. */
    const waiting = async (count: number): Promise<string[]> => {
      const path = newPath();
      receiver.reply(path, failsUpTo(1));
      const ids = await create(count, path, { retry: { max_attempts: 2, delay_secs: HOUR_SECS } });
      await until(ids, { status: 'Pending', attempt: 2, delayed: true });
      return ids;
    };
    /** Lets all attempts start, and succeed. */
    const finish = async (ids: string[]) => {
      await Promise.all(ids.map((id) => runNow(other, id)));
      const paused = (await found(ids)).filter(({ status }) => status === 'Paused');
      await Promise.all(paused.map(({ id }) => resume(one, id)));
      await until(ids, { status: 'Running', attempt: 2 });
      const answers = await Promise.all(ids.map((id, i) => report(id, 2, { status: 'Success' }, i)));
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    };

    it('to a later time: either it is kept, or the answer says that the attempt has started', async () => {
      const ids = await waiting(30);
      await Promise.all(
        ids.map(async (id, i) => {
          expect((await runNow(services[i % 2], id)).status).toBe(200);
          const run_at = new Date(Date.now() + HOUR_SECS * 1000).toISOString();
          const { status, body } = await services[(i + 1) % 2].call('PATCH', `/task/${id}`, { run_at });
          const [state] = await found([id]);
          if (status === 200) {
            expect(state).toMatchObject({ status: 'Pending', delayed: true });
            expect(startsOf(id)).toHaveLength(1);
          } else {
            expect([status, body]).toMatchObject([409, { current_attempt: 2 }]);
            expect(STARTED).toContain(body.current_status);
          }
        }),
      );
      await race.expectStartedOnce(ids.filter((id) => startsOf(id).length > 1));
      await finish(ids);
      await race.expectStartedOnce(ids);
    });

    it('in any order by several callers, and none is started twice or forgotten', async () => {
      const ids = await waiting(30);
      await Promise.all(
        ids.map(async (id, i) => {
          const [here, there] = i % 2 ? [one, other] : [other, one];
          const moved = i % 4 < 2 ? runNow(here, id) : resume(here, id);
          const last = i % 3 ? resume(there, id) : pause(there, id);
          const [paused, ...rest] = await Promise.all([pause(here, id), moved, runNow(there, id), last]);
          expect([200, 400]).toContain(paused.status);
          expect(rest.filter(({ status }) => ![200, 400, 409].includes(status))).toEqual([]);
        }),
      );
      await finish(ids);
      await race.expectStartedOnce(ids);
    });

    it('for good by one of two callers', async () => {
      const ids = await waiting(20);
      await Promise.all(
        ids.map(async (id, i) => {
          const [here, there] = i % 2 ? [one, other] : [other, one];
          const [moved, ...canceled] = await Promise.all([
            runNow(here, id),
            cancel(here, id),
            cancel(there, id),
            pause(there, id),
          ]);
          expect([200, 409]).toContain(moved.status);
          expect(
            canceled
              .slice(0, 2)
              .map(({ status }) => status)
              .sort(),
          ).toEqual([200, 400]);
        }),
      );
      await until(ids, { status: 'Canceled', attempt: 2 });
      for (const id of ids) expect(startsOf(id).length).toBeLessThanOrEqual(2);
    });

    it('with their batch', async () => {
      const ids = (await Promise.all(Array.from({ length: 10 }, () => waiting(1)))).flat();
      await Promise.all(
        ids.map(async (id, i) => {
          const { batch_id } = (await one.call<Task>('GET', `/task/${id}`)).body;
          const [stopped] = await Promise.all([
            services[i % 2].call('DELETE', `/batch/${batch_id}`),
            runNow(services[(i + 1) % 2], id),
            pause(one, id),
          ]);
          expect(stopped.status).toBe(200);
        }),
      );
      await until(ids, { status: 'Canceled', attempt: 2 });
    });
  });

  it('ignore the late answers to the start calls of those before them', async () => {
    const [late, second] = [new Gate(), new Gate()];
    const cancel = newPath();
    const answers = [{ status: 'Success' }, failure('Late', { retry: false }), webhook(receiver.url(cancel))];
    const tasks = Array.from({ length: 36 }, (_, i) => {
      const path = newPath();
      // The second start call of every other task is in flight as well when the first one is answered.
      receiver.reply(path, { after: late.opened, body: answers[i % 3] }, { after: i % 2 ? second.opened : undefined });
      return task(String(i), receiver.url(path), { retry: { max_attempts: 2, ...AT_ONCE } });
    });
    const ids = idsOf(await services[0].create(tasks));
    const allStarted = (calls: number) =>
      eventually(() => expect(ids.filter((id) => startsOf(id).length !== calls)).toEqual([]));
    await allStarted(1);
    for (const { status } of await Promise.all(ids.map((id, i) => report(id, 1, failure(), i))))
      expect(status).toBe(200);
    await allStarted(2);
    late.open();
    await eventually(async () => {
      const recorded = `SELECT FROM delivery WHERE task_id = ANY ($1::uuid[]) AND attempt = 1 AND status = 'success'`;
      expect(await services[0].query(recorded, [ids])).toHaveLength(ids.length);
    });
    for (const { attempt, status, over } of await found(ids)) {
      expect([attempt, over.length]).toEqual([2, 1]);
      expect(STARTED).toContain(status);
    }
    second.open();
    await until(ids, { status: 'Running', attempt: 2 });
    const ends = await Promise.all(
      ids.map((id, i) => (i % 2 ? services[1].call('DELETE', `/task/${id}`) : report(id, 2, { status: 'Success' }))),
    );
    expect(ends.filter(({ status }) => status !== 200)).toEqual([]);
    await allDelivered(services[0]);
    expect(receiver.received(cancel)).toEqual([]);
    await race.expectStartedOnce(ids);
  });

  it('start only after the cancel call of the one before, however its receiver behaves', async () => {
    const answered = new Gate();
    const slow = new Receiver().reply('/cancel', { after: answered.opened });
    const quick = newPath();
    const urls = [receiver.url(quick), slow.url('/cancel'), `http://127.0.0.1:${await freePort()}/`];
    try {
      const ids = await Promise.all(
        urls.map((url) => {
          const path = newPath();
          receiver.reply(path, ({ headers }) => ({
            body: headers['x-task-attempt'] === '1' ? webhook(url) : undefined,
          }));
          return create(17, path, SILENT);
        }),
      );
      const [afterQuick, afterSlow, afterNone] = ids;
      await until(ids.flat(), { status: 'Running' });
      await race.silence(ids.flat());
      await race.runTimeouts();
      await until(afterQuick, { status: 'Running', attempt: 2 });
      await until(afterNone, { status: 'Running', attempt: 2 });
      const calls = receiver.received();
      for (const id of afterQuick) {
        const keys = calls.map(({ headers }) => headers['idempotency-key']);
        expect(keys.indexOf(`${id}:cancel`)).toBeGreaterThan(0);
        expect(keys.indexOf(`${id}:cancel`)).toBeLessThan(keys.indexOf(`${id}:attempt-2:start`));
      }
      expect(keysTo(quick)).toHaveLength(17);
      expect(slow.received()).toHaveLength(17);
      await until(afterSlow, { status: 'Pending', attempt: 2, delayed: true });
      answered.open();
      await until(afterSlow, { status: 'Running', attempt: 2 });
      await race.expectStartedOnce(ids.flat());
    } finally {
      answered.open();
      await slow.close();
    }
  });
});
