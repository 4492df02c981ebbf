import { RetentionLoop } from '../../src/retention/retention.loop';
import { useReceiver } from '../support/fixture';
import { allDelivered, statesOf, untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { CYCLES, ORPHANS, recount } from '../support/recount';
import { useReplicas } from '../support/replicas';
import { after, type Answer, provider, task, webhook } from '../support/service';

const TOKEN = 'a-token-of-the-service';
const ROUNDS = 8;

describe('Reruns and additions on two replicas', () => {
  const receiver = useReceiver();
  const START = receiver.url('/start');
  const services = useReplicas({ AUTH_TOKEN: TOKEN, RETENTION_DAYS: '0' });
  const [one, other] = services;
  beforeAll(() => services.forEach((service) => (service.token = TOKEN)));
  afterEach(() => recount(one));

  const before = (...ids: string[]) => ({ before: ids.map((id) => ({ id, requires_success: true })) });
  const add = (batch: string, ...tasks: object[]) => other.call('POST', `/batch/${batch}/task`, tasks);
  const statusesOf = (answers: Answer[]) => answers.map(({ status }) => status).sort();
  const completions = (path: string, batch: string) =>
    receiver
      .received(path)
      .map(({ headers }) => String(headers['idempotency-key']))
      .filter((key) => key.startsWith(`batch:${batch}:`));
  const fanIn = async (rest: object = {}) => {
    const ids = await one.create({
      tasks: [task('split', START), task('reduce', START, after(['split']))],
      ...rest,
    });
    await untilRunning(one, ids.split);
    return ids;
  };
  /** Ends whatever runs until all tasks of a batch have ended. */
  const finish = (batch: string) =>
    eventually(
      async () => {
        const running = await one.query<{ id: string; attempt: number }>(
          `SELECT id, attempt FROM task WHERE batch_id = $1 AND status = 'Running'`,
          [batch],
        );
        for (const { id, attempt } of running)
          await one.call('PATCH', `/task/${id}?attempt=${attempt}`, { status: 'Success' });
        expect(await one.query('SELECT FROM task WHERE batch_id = $1 AND ended_at IS NULL', [batch])).toEqual([]);
      },
      { timeoutMs: 20_000 },
    );
  /** Repeats a race, as one of its outcomes may be rare. */
  const race = async (round: () => Promise<void>) => {
    for (let n = 0; n < ROUNDS; n++) await round();
  };

  it('let one of fifty simultaneous reruns of a batch win, and refuse the others', async () => {
    const { batch, split } = await fanIn();
    await one.fail(split);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => services[n % 2].call('POST', `/batch/${batch}/rerun`)),
    );
    expect(statusesOf(answers)).toEqual([200, ...Array<number>(49).fill(409)]);
    const attempts = await one.query('SELECT DISTINCT attempt FROM task WHERE batch_id = $1', [batch]);
    expect(attempts).toEqual([{ attempt: 2 }]);
    await finish(batch);
  });

  it('make a task wait for a new parent, or refuse it, while its last parent ends', () =>
    race(async () => {
      const { batch, split, reduce } = await fanIn();
      const [ended, added] = await Promise.all([one.succeed(split), add(batch, task('more', START, before(reduce)))]);
      expect([
        [200, 201],
        [200, 409],
      ]).toContainEqual([ended.status, added.status]);
      await untilRunning(one, added.status === 201 ? added.body[0].id : reduce);
      expect((await one.task(reduce)).status).toBe(added.status === 201 ? 'Waiting' : 'Running');
      await finish(batch);
    }));

  it('accept tasks from a receiver, or refuse them, while its own task ends', () =>
    race(async () => {
      const { batch, split } = await fanIn();
      const call = receiver.received('/start').find(({ headers }) => headers['x-task-id'] === split)!;
      const token = new URL(call.query.get('handle')!).searchParams.get('token');
      const [ended, { status }] = await Promise.all([
        one.succeed(split),
        fetch(`${other.url}/batch/${batch}/task?token=${token}`, {
          method: 'POST',
          body: JSON.stringify([task('more', START)]),
          headers: { 'content-type': 'application/json' },
        }),
      ]);
      expect([
        [200, 201],
        [200, 409],
      ]).toContainEqual([ended.status, status]);
      expect(Object.keys(await statesOf(one, batch))).toHaveLength(status === 201 ? 3 : 2);
      await finish(batch);
    }));

  it('tell each completion of a batch once, while tasks are added at its end', () =>
    race(async () => {
      const on_batch_complete = [webhook(receiver.url('/complete'))];
      const request = { tasks: [task('a', START)], on_batch_complete };
      const { batch, a } = await one.create(request);
      await untilRunning(one, a);
      const [ended, added] = await Promise.all([one.succeed(a), add(batch, task('b', START))]);
      expect([ended.status, added.status]).toEqual([200, 201]);
      await finish(batch);
      await allDelivered(one);
      const [{ times }] = await one.query('SELECT completed AS times FROM batch WHERE id = $1', [batch]);
      const keys = [`batch:${batch}:complete`, `batch:${batch}:complete:2`].slice(0, times);
      expect(completions('/complete', batch)).toEqual(keys);
    }));

  it('leave nothing that goes on, while a batch is stopped', () =>
    race(async () => {
      const { batch, reduce } = await fanIn();
      const [stopped, ...added] = await Promise.all([
        one.call('DELETE', `/batch/${batch}`),
        add(batch, task('b', START)),
        add(batch, task('c', START, before(reduce))),
      ]);
      expect(stopped.status).toBe(200);
      expect(added.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
      expect(new Set(Object.values(await statesOf(one, batch)))).toEqual(new Set(['Canceled']));
      expect((await add(batch, task('d', START))).status).toBe(409);
    }));

  it('agree with the cancel of a task that is to wait', () =>
    race(async () => {
      const { batch, reduce } = await fanIn();
      const [canceled, added] = await Promise.all([
        one.call('DELETE', `/task/${reduce}`),
        add(batch, task('more', START, before(reduce))),
      ]);
      expect([
        [200, 201],
        [200, 409],
      ]).toContainEqual([canceled.status, added.status]);
      expect((await one.task(reduce)).status).toBe('Canceled');
      await finish(batch);
    }));

  it('agree on what a new task waits for, while its parent is rerun', () =>
    race(async () => {
      const { batch, split, reduce } = await fanIn({ on_batch_complete: [webhook(receiver.url('/again'))] });
      await one.fail(split);
      const [rerun, added] = await Promise.all([
        one.call('POST', `/batch/${batch}/rerun`),
        add(batch, task('required', START, after([split])), task('optional', START, after([], [split, reduce]))),
      ]);
      expect([rerun.status, added.status]).toEqual([200, 201]);
      await recount(one);
      await finish(batch);
      await allDelivered(one);
      const keys = completions('/again', batch);
      expect(new Set(keys).size).toBe(keys.length);
      const [{ times }] = await one.query('SELECT completed AS times FROM batch WHERE id = $1', [batch]);
      expect(keys).toHaveLength(times as number);
    }));

  it('refuse one of two additions that would close a cycle together', () =>
    race(async () => {
      const { batch, p, x, y } = await one.create([
        task('p', START),
        task('x', START, after(['p'])),
        task('y', START, after(['p'])),
      ]);
      await untilRunning(one, p);
      const answers = await Promise.all([
        add(batch, task('m', START, { ...after([x]), ...before(y) })),
        one.call('POST', `/batch/${batch}/task`, [task('n', START, { ...after([y]), ...before(x) })]),
      ]);
      expect(statusesOf(answers)).toEqual([201, 400]);
      expect(answers.find(({ status }) => status === 400)!.body.details).toEqual([
        expect.stringMatching(/^tasks\[0\]\.before\[0\]\.id: would close a cycle: .* → .* → /),
      ]);
      await finish(batch);
    }));

  it('refuse one of two additions to different batches that would close a cycle through duplicates', () =>
    race(async () => {
      const waiting = async (kind: string) => {
        const { batch, p, x } = await one.create([
          task('p', START),
          task('x', START, { kind, metadata: {}, ...after(['p']) }),
        ]);
        await untilRunning(one, p);
        return { batch, x };
      };
      const kinds = [`x-${Math.random()}`, `y-${Math.random()}`];
      const [a, b] = [await waiting(kinds[0]), await waiting(kinds[1])];
      const addition = (kind: string, x: string) => [
        task('same', START, {
          kind,
          metadata: {},
          dedupe_strategy: [{ kind, status: 'Waiting', fields: [] }],
        }),
        task('n', START, { ...after(['same']), ...before(x) }),
      ];
      const answers = await Promise.all([
        add(a.batch, ...addition(kinds[1], a.x)),
        one.call('POST', `/batch/${b.batch}/task`, addition(kinds[0], b.x)),
      ]);
      expect(statusesOf(answers)).toEqual([201, 400]);
      expect(await one.query(CYCLES)).toEqual([]);
    }));

  it('leave no link to a removed task, while retention removes the batch', () =>
    race(async () => {
      const { batch, a } = await one.create([task('a', START)]);
      await untilRunning(one, a);
      await one.succeed(a);
      const [added] = await Promise.all([
        add(batch, task('b', START, after([a]))),
        provider(one, RetentionLoop).runOnce(),
      ]);
      expect([201, 400, 404]).toContain(added.status);
      expect(await one.query(ORPHANS)).toEqual([]);
      if (added.status === 201) await finish(batch);
    }));
});
