import { StaleClaimsLoop } from '../../src/task/claiming/stale-claims.loop';
import { AT_ONCE, failure } from '../support/attempts';
import { failsUpTo, isStale, SILENT, useAttemptRaces } from '../support/attempt-races';
import { type Delivery, deliveriesOf } from '../support/deliveries';
import { useReceiver } from '../support/fixture';
import { Gate } from '../support/gate';
import { allDelivered } from '../support/graph';
import { eventually } from '../support/poll';
import { recount } from '../support/recount';
import { loseWorker } from '../support/rows';
import { capacity, concurrency } from '../support/rules';
import { provider, ServiceClient, webhook } from '../support/service';

const HOUR_SECS = 3600;
const UNDER_WAY = `SELECT count(*)::int AS n FROM task WHERE kind = $1 AND status IN ('Claimed', 'Running')`;

describe('On two replicas,', () => {
  const receiver = useReceiver();
  const race = useAttemptRaces(receiver);
  const { services, newPath, keysTo, create, found, until, report, startsOf, handleOf } = race;
  const [one, other] = services;
  afterEach(() => recount(one));

  it('an attempt counts the increments that were acknowledged in it, and no others', async () => {
    const ids = await create(25, newPath(), { retry: { max_attempts: 3, ...AT_ONCE } });
    const counted = ids.map(() => [0, 0, 0]);
    for (const attempt of [1, 2, 3]) {
      await until(ids, { status: 'Running', attempt });
      await Promise.all(
        ids.map(async (id, i) => {
          const count = async (of: number, replica: number) => {
            const { status } = await report(id, of, { new_success: 1 }, replica, 'PUT');
            expect([202, 409]).toContain(status);
            if (status === 202) counted[i][of - 1]++;
          };
          const note = async (replica: number) => {
            const { status } = await report(id, attempt, { new_success: 1 }, replica);
            if (status === 200) counted[i][attempt - 1]++;
          };
          await Promise.all([
            ...[0, 1, 2, 3].map((replica) => count(attempt, replica)),
            ...[0, 1].map((replica) => count(Math.max(1, attempt - 1), replica)),
            note(0),
            ...(attempt < 3 ? [report(id, attempt, failure(), i)] : []),
            note(1),
            ...[0, 1].map((replica) => count(attempt, replica)),
          ]);
        }),
      );
    }
    const tasks = await found(ids);
    const [{ current }] = await one.query<{ current: number[] }>(
      `SELECT array_agg(success ORDER BY array_position($1::uuid[], id)) AS current FROM task WHERE id = ANY ($1::uuid[])`,
      [ids],
    );
    expect(tasks.map(({ over }, i) => [...over.map(({ success }) => success), current[i]])).toEqual(counted);
  });

  it('one of a success and two failures that arrive together ends an attempt', async () => {
    const ids = await create(30, newPath(), { retry: { max_attempts: 2, delay_secs: HOUR_SECS } });
    await until(ids, { status: 'Running' });
    const reports = [
      failure('First', { retry_after_secs: 7 }),
      { status: 'Success' },
      failure('Second', { retry: false }),
    ];
    const answers = await Promise.all(
      ids.map((id) => Promise.all(reports.map((body) => report(id, 1, { ...body, new_success: 1 })))),
    );
    for (const [i, { status, attempt, over, id }] of (await found(ids)).entries()) {
      const counts = answers[i].map((answer) => answer.status === 200);
      expect(counts.filter(Boolean)).toHaveLength(1);
      const expected = [
        ['Pending', 2, [expect.objectContaining({ failure_reason: 'First', success: 1 })]],
        ['Success', 1, []],
        ['Failure', 1, []],
      ][counts.indexOf(true)];
      expect([status, attempt, over]).toEqual(expected);
      expect((await one.task(id)).success).toBe(attempt === 2 ? 0 : 1);
    }
  });

  it('the token of an attempt is good for no other, and that of a notification only reads', async () => {
    const [path, sorry] = [newPath(), newPath()];
    receiver.reply(path, failsUpTo(1));
    const on_failure = [webhook(receiver.url(sorry))];
    const [id] = await create(1, path, { retry: { max_attempts: 2, ...AT_ONCE }, on_failure, metadata: { secret: 1 } });
    await until([id], { status: 'Running', attempt: 2 });
    const [first, second] = [1, 2].map((attempt) => handleOf(id, attempt).searchParams.get('token')!);
    const receiverOf = (query: string, method = 'PATCH') =>
      new ServiceClient(other.url).call(
        method,
        `/task/${id}?${query}`,
        method === 'GET' ? undefined : { new_success: 1 },
      );
    for (const query of [`token=${first}`, `attempt=1&token=${first}`]) {
      for (const method of ['PATCH', 'PUT']) expect(isStale(await receiverOf(query, method), 2)).toBe(true);
    }
    const refused = [
      `attempt=2&token=${first}`,
      `token=${second}`,
      `attempt=1&token=${second}`,
      `attempt=3&token=${second}`,
      `attempt=1&attempt=2&token=${second}`,
      `attempt=2.5&token=${second}`,
      `attempt=&token=${second}`,
      `attempt=2&token=${first}&token=${second}`,
    ];
    for (const query of refused) {
      for (const method of ['PATCH', 'PUT', 'GET']) expect((await receiverOf(query, method)).status).toBe(401);
    }
    for (const query of [`attempt=02&token=${second}`, `attempt=0x2&token=${second}`, `attempt=2e0&token=${second}`]) {
      expect((await receiverOf(query)).status).toBe(400);
    }
    expect((await one.task(id)).success).toBe(0);
    expect((await report(id, 2, failure())).status).toBe(200);
    const [{ query }] = await receiver.waitFor(1, sorry);
    const reading = new URL(query.get('handle')!).search.slice(1);
    expect(reading).toMatch(/^attempt=2&token=r2\./);
    expect(await receiverOf(reading, 'GET')).toMatchObject({ status: 200, body: { status: 'Failure', attempt: 2 } });
    expect((await receiverOf(reading, 'GET')).body).not.toHaveProperty('metadata');
    for (const method of ['PATCH', 'PUT']) expect((await receiverOf(reading, method)).status).toBe(403);
  });

  it('the receiver of an attempt that is over cannot move the start of the next one', async () => {
    const path = newPath();
    receiver.reply(path, failsUpTo(1));
    const [id] = await create(1, path, { retry: { max_attempts: 2, delay_secs: HOUR_SECS } });
    await until([id], { status: 'Pending', attempt: 2, delayed: true });
    const run_at = null;
    for (const body of [{ run_at }, { run_at: '9999-01-01T00:00:00Z' }]) {
      expect(isStale(await report(id, 1, body), 2)).toBe(true);
      expect(isStale(await one.call('PATCH', `/task/${id}?attempt=1`, body), 2)).toBe(true);
      expect(isStale(await one.call('PATCH', `/task/${id}?attempt=3`, body), 2)).toBe(true);
    }
    expect(await found([id])).toMatchObject([{ status: 'Pending', delayed: true }]);
    expect((await other.call('PATCH', `/task/${id}?attempt=2`, { run_at })).status).toBe(200);
    await until([id], { status: 'Running', attempt: 2 });
  });

  it.each([
    ['Concurrency', concurrency, 3],
    ['Capacity', capacity, 11],
  ])('a rule for %s admits as many tasks as ever while their attempts fail', async (type, rule, max) => {
    const [path, kind] = [newPath(), `attempts-${type}`];
    const underWay: number[] = [];
    receiver.reply(path, async ({ headers }) => {
      const id = String(headers['x-task-id']);
      const attempt = Number(headers['x-task-attempt']);
      underWay.push((await one.query<{ n: number }>(UNDER_WAY, [kind]))[0].n);
      const result = attempt < 3 ? failure() : { status: 'Success' };
      if (attempt === 1) return { body: result };
      // Overtakes the answer to the call.
      expect((await report(id, attempt, result, attempt)).status).toBe(200);
      return {};
    });
    const fields = { kind, rules: [rule(kind, max)], expected_count: 5 };
    const ids = await create(20, path, { ...fields, retry: { max_attempts: 3, ...AT_ONCE } });
    await until(ids, { status: 'Success', attempt: 3 });
    expect(Math.max(...underWay)).toBe(3);
    expect(underWay).toHaveLength(60);
    await race.expectStartedOnce(ids);
  });

  it('a task that waits for its next attempt leaves its slot to others, and takes its turn again', async () => {
    const [path, kind] = [newPath(), 'attempts-turns'];
    receiver.reply(path, failsUpTo(1));
    const fields = { kind, rules: [concurrency(kind)], retry: { max_attempts: 2, delay_secs: HOUR_SECS } };
    const ids = await create(15, path, fields);
    await until(ids, { status: 'Pending', attempt: 2, delayed: true });
    await Promise.all(ids.map((id, i) => services[i % 2].call('PATCH', `/task/${id}`, { run_at: null })));
    for (const left of ids.map((_, n) => ids.length - n)) {
      const running = await eventually(async () => {
        const rows = await found(ids);
        expect(rows.filter(({ status }) => status !== 'Success')).toHaveLength(left);
        return rows.find(({ status }) => status === 'Running')!.id;
      });
      expect((await report(running, 2, { status: 'Success' }, left)).status).toBe(200);
    }
    await race.expectStartedOnce(ids);
  });

  it('a second attempt whose worker is lost is called again under its own key, and the late answer changes nothing', async () => {
    const path = newPath();
    const lost = new Gate();
    receiver.reply(path, { body: failure() }, { after: lost.opened, body: { status: 'Success' } }, { status: 500 });
    const [id] = await create(1, path, { retry: { max_attempts: 2, ...AT_ONCE } });
    await receiver.waitFor(2, path);
    await until([id], { status: 'Claimed', attempt: 2 });
    await loseWorker(one, id);
    await eventually(async () => {
      const requeued = await Promise.all(services.map((each) => provider(each, StaleClaimsLoop).runOnce()));
      expect(requeued.reduce((sum, n) => sum + n)).toBe(1);
    });
    await receiver.waitFor(3, path);
    expect(keysTo(path)).toEqual([`${id}:start`, `${id}:attempt-2:start`, `${id}:attempt-2:start`]);
    await until([id], { status: 'Failure', attempt: 2 });
    lost.open();
    expect((await found([id]))[0].over).toHaveLength(1);
  });

  it('a replayed notification has the key and the action of its attempt', async () => {
    const [path, first, second, sorry] = [newPath(), newPath(), newPath(), newPath()];
    receiver.reply(path, ({ headers }) => ({
      body: webhook(receiver.url(headers['x-task-attempt'] === '1' ? first : second)),
    }));
    for (const each of [first, sorry]) receiver.reply(each, { status: 410 }, {});
    const [id] = await create(1, path, { ...SILENT, on_failure: [webhook(receiver.url(sorry))] });
    const replay = async (key: string) => {
      const exhausted = await eventually(async () => {
        const all: Delivery[] = await deliveriesOf(one, id, 'exhausted');
        expect(all.map(({ idempotency_key }) => idempotency_key)).toContain(key);
        return all.find(({ idempotency_key }) => idempotency_key === key)!;
      });
      expect((await other.call('POST', `/webhook-deliveries/${exhausted.id}/replay`)).status).toBe(202);
    };
    await until([id], { status: 'Running' });
    await race.silence([id]);
    await race.runTimeouts();
    await until([id], { status: 'Running', attempt: 2 });
    await replay(`${id}:cancel`);
    await receiver.waitFor(2, first);
    expect((await report(id, 2, failure('Over'))).status).toBe(200);
    await replay(`${id}:attempt-2:end:failure`);
    await receiver.waitFor(2, sorry);
    await allDelivered(one);
    expect([keysTo(first), keysTo(second), keysTo(sorry)]).toEqual([
      [`${id}:cancel`, `${id}:cancel`],
      [],
      [`${id}:attempt-2:end:failure`, `${id}:attempt-2:end:failure`],
    ]);
    expect(receiver.received(first)[1].headers['x-task-attempt']).toBe('1');
    expect(startsOf(id)).toHaveLength(2);
  });
});
