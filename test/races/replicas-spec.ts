import { randomUUID } from 'node:crypto';
import { Worker } from '../../src/loops/worker';
import { StaleClaimsLoop } from '../../src/task/claiming/stale-claims.loop';
import { useReceiver } from '../support/fixture';
import { Gate } from '../support/gate';
import { eventually } from '../support/poll';
import type { Call } from '../support/receiver';
import { useReplicas } from '../support/replicas';
import { age, claim } from '../support/rows';
import { after, idsOf, provider, type Service, task, type Task, webhook } from '../support/service';

const TASKS = 300;
const HOUR_MS = '3600000';

describe('Two replicas on one database', () => {
  const services = useReplicas({ WORKER_LOOP_INTERVAL_MS: HOUR_MS, WORKER_CLAIM_TIMEOUT_SECS: '10' });
  const receiver = useReceiver();
  beforeAll(async () => {
    // Each learns of the other by its heartbeat, and wakes it from then on.
    await eventually(() => expect(services.map((service) => provider(service, Worker).others)).toEqual([1, 1]));
  });

  const keys = (calls: Call[]) => calls.map(({ headers }) => String(headers['idempotency-key'])).sort();
  const workerIds = () => services.map((service) => provider(service, Worker).id);

  it('start each of many tasks once, run all to the end, and notify of each end once', async () => {
    const [first, second] = services;
    const work = async ({ query }: Call) => {
      const answer = await fetch(query.get('handle')!, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: '{"status": "Success"}',
      });
      return { status: answer.status, body: await answer.text() };
    };
    const reports: Promise<{ status: number; body: string }>[] = [];
    receiver.reply('/work', (call) => {
      // Immediately, so that some results overtake the answer to the call.
      reports.push(work(call));
      return {};
    });
    const graph = (n: number) =>
      Array.from({ length: n }, (_, i) =>
        task(`t${i}`, receiver.url('/work'), {
          on_success: [webhook(receiver.url('/done'))],
          // Every tenth task waits for the nine before it.
          dependencies:
            i % 10 === 9 ? Array.from({ length: 9 }, (_, j) => ({ id: `t${i - 9 + j}`, requires_success: true })) : [],
        }),
      );
    const batches = await Promise.all([first.create(graph(TASKS / 2)), second.create(graph(TASKS / 2))]);
    const ids = batches.flatMap(idsOf);

    await receiver.waitFor(TASKS, '/work', 25_000);
    expect((await Promise.all(reports)).filter(({ status }) => status !== 200)).toEqual([]);
    await receiver.waitFor(TASKS, '/done', 25_000);
    for (const { batch } of batches)
      expect((await first.call('GET', `/batch/${batch}`)).body).toMatchObject({
        status_counts: { success: TASKS / 2 },
      });
    await eventually(async () => expect(await first.query('SELECT FROM outbox')).toEqual([]));
    expect(keys(receiver.received('/work'))).toEqual(ids.map((id) => `${id}:start`).sort());
    expect(keys(receiver.received('/done'))).toEqual(ids.map((id) => `${id}:end:success`).sort());
  });

  describe('and a start call in flight', () => {
    /** Creates a task whose start call is delayed, and returns the calling replica and the other one. */
    const inFlight = async (rest: object = {}) => {
      const gate = new Gate();
      const path = `/${randomUUID()}`;
      receiver.reply(path, { after: gate.opened });
      const { a: id } = await services[0].create([task('a', receiver.url(path), rest)]);
      await receiver.waitFor(1, path);
      const [{ claimed_by }] = await services[0].query<{ claimed_by: string }>(
        'SELECT claimed_by FROM task WHERE id = $1',
        [id],
      );
      const caller = workerIds().indexOf(claimed_by);
      expect(caller).toBeGreaterThanOrEqual(0);
      return { id, path, gate, caller: services[caller], other: services[1 - caller] };
    };
    const isUnclaimed = (id: string) =>
      eventually(async () =>
        expect(await services[0].query('SELECT claimed_by FROM task WHERE id = $1', [id])).toEqual([
          { claimed_by: null },
        ]),
      );

    it('accept a report to the other, and notify of the end after the answer', async () => {
      const done = `/${randomUUID()}`;
      const { id, gate, other, caller } = await inFlight({ on_success: [webhook(receiver.url(done))] });
      expect((await other.report(id, { new_success: 3 })).status).toBe(200);
      expect((await other.succeed(id)).status).toBe(200);
      expect(await caller.task(id)).toMatchObject({ status: 'Success', success: 3 });
      expect(receiver.received(done)).toEqual([]);
      gate.open();
      await receiver.waitFor(1, done);
      await isUnclaimed(id);
      expect(await caller.task(id)).toMatchObject({ status: 'Success' });
    });

    it('never requeue it while the caller lives, however long it takes', async () => {
      const { id, path, gate, other, caller } = await inFlight();
      await age(caller, id, 3600);
      for (const service of [other, caller]) expect(await provider(service, StaleClaimsLoop).runOnce()).toBe(0);
      gate.open();
      await eventually(async () => expect(await caller.task(id)).toMatchObject({ status: 'Running' }));
      expect(receiver.received(path)).toHaveLength(1);
    });
  });

  it('accept one of fifty simultaneous results, and answer the others with how the task ended', async () => {
    const { a: id } = await services[0].create([
      task('a', receiver.url('/start'), { on_success: [webhook(receiver.url('/one'))] }),
    ]);
    await eventually(async () => expect(await services[0].task(id)).toMatchObject({ status: 'Running' }));
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => services[i % 2].succeed(id)));
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused).toHaveLength(49);
    for (const { status, body } of refused)
      expect({ status, body: body as object }).toMatchObject({ status: 404, body: { current_status: 'Success' } });
    await receiver.waitFor(1, '/one');
    await eventually(async () => expect(await services[0].query('SELECT FROM outbox')).toEqual([]));
    expect(receiver.received('/one')).toHaveLength(1);
  });

  it('accept either success or failure of two simultaneous results', async () => {
    const paths = { Success: '/good', Failure: '/bad' };
    const all = idsOf(
      await services[0].create(
        Array.from({ length: 20 }, (_, i) =>
          task(`t${i}`, receiver.url('/start'), {
            on_success: [webhook(receiver.url(paths.Success))],
            on_failure: [webhook(receiver.url(paths.Failure))],
          }),
        ),
      ),
    );
    for (const id of all) await eventually(async () => expect((await services[0].task(id)).status).toBe('Running'));
    const ends = await Promise.all(
      all.map(async (id, i) => {
        const both = await Promise.all([services[i % 2].succeed(id), services[1 - (i % 2)].fail(id)]);
        expect(both.map(({ status }) => status).sort()).toEqual([200, 404]);
        const { status } = await services[0].task(id);
        expect(status).toBe(both[0].status === 200 ? 'Success' : 'Failure');
        return status as 'Success' | 'Failure';
      }),
    );
    await receiver.waitFor(20, ({ path }) => Object.values(paths).includes(path));
    const expected = (end: string) =>
      all.filter((_, i) => ends[i] === end).map((id) => `${id}:end:${end.toLowerCase()}`);
    for (const [end, path] of Object.entries(paths))
      expect(keys(receiver.received(path))).toEqual(expected(end).sort());
  });

  describe('requeue claims', () => {
    /** Creates a task as a lost worker has left it, or a worker that never learned of its claim. */
    const claimedBy = async (worker: string, secsAgo = 3600): Promise<{ id: string; path: string }> => {
      const path = `/${randomUUID()}`;
      const { a: id } = await services[0].create([
        task('p', receiver.url('/start')),
        task('a', receiver.url(path), after(['p'])),
      ]);
      await claim(services[0], id, { worker, secsAgo });
      return { id, path };
    };
    /** Retries: after missing its own heartbeat on a busy machine, a worker waits before it judges others. */
    const requeues = (service: Service) =>
      eventually(async () => expect(await provider(service, StaleClaimsLoop).runOnce()).toBe(1), { timeoutMs: 20_000 });
    const isStarted = (id: string) =>
      eventually(async () =>
        expect(await services[0].call<Task>('GET', `/task/${id}`)).toMatchObject({ body: { status: 'Running' } }),
      );

    it('of a worker whose heartbeat is too old', async () => {
      const dead = randomUUID();
      await services[0].query(`INSERT INTO worker (id, last_seen) VALUES ($1, now() - interval '1 minute')`, [dead]);
      const { id, path } = await claimedBy(dead);
      await requeues(services[0]);
      await isStarted(id);
      expect(keys(receiver.received(path))).toEqual([`${id}:start`]);
    });

    it('of an unknown worker', async () => {
      const { id } = await claimedBy(randomUUID());
      await requeues(services[1]);
      await isStarted(id);
    });

    it('of a worker that never learned of them', async () => {
      const [own] = workerIds();
      const { id } = await claimedBy(own);
      expect(await provider(services[1], StaleClaimsLoop).runOnce()).toBe(0);
      await requeues(services[0]);
      await isStarted(id);
    });

    it('but not fresh ones, nor those of a living worker', async () => {
      const alive = randomUUID();
      await services[0].query('INSERT INTO worker (id) VALUES ($1)', [alive]);
      const old = await claimedBy(alive);
      const fresh = await claimedBy(randomUUID(), 1);
      for (const service of services) expect(await provider(service, StaleClaimsLoop).runOnce()).toBe(0);
      for (const { id, path } of [old, fresh]) {
        expect(await services[0].task(id)).toMatchObject({ status: 'Claimed' });
        expect(receiver.received(path)).toEqual([]);
      }
    });
  });
});
