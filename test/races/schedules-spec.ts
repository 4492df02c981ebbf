import { resolve } from 'node:path';
import { Client } from 'pg';
import { ASLEEP, startReplica, useDatabase, useReceiver } from '../support/fixture';
import { eventually } from '../support/poll';
import { execute } from '../support/postgres';
import { ServiceProcess, useProcesses } from '../support/process';
import { useReplicas } from '../support/replicas';
import { fireAll, hourly } from '../support/schedules';
import { type ServiceClient, task } from '../support/service';

/** A due time, with the batch that its record names and the batch whose metadata names it. */
interface Fired {
  schedule: string;
  due_at: Date;
  recorded: string | null;
  created: string | null;
}

const put = async (service: ServiceClient, name: string, schedule: object): Promise<void> => {
  const { status, body } = await service.call('PUT', `/schedule/${name}`, schedule);
  if (status > 201) throw new Error(`PUT /schedule/${name} answered ${status}: ${JSON.stringify(body)}`);
};

/** Returns the due times for which there is a record or a batch, of the schedules whose name starts with `prefix`. */
async function firedOf(databaseUrl: string, prefix: string): Promise<Fired[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<Fired>(
      `SELECT COALESCE(f.schedule, b.metadata->>'schedule') AS schedule,
              COALESCE(f.due_at, (b.metadata->>'due_at')::timestamptz) AS due_at,
              f.batch_id AS recorded, b.id AS created
       FROM schedule_firing f FULL JOIN batch b
         ON b.metadata->>'schedule' = f.schedule AND (b.metadata->>'due_at')::timestamptz = f.due_at
       WHERE starts_with(COALESCE(f.schedule, b.metadata->>'schedule'), $1)
       ORDER BY 1, 2`,
      [prefix],
    );
    return rows;
  } finally {
    await client.end();
  }
}

/** Checks that each due time has one record and one batch, which belong together. */
function expectOnceEach(fired: Fired[]): void {
  expect(fired.filter(({ recorded, created }) => recorded === null || recorded !== created)).toEqual([]);
  const moments = fired.map(({ schedule, due_at }) => `${schedule} ${due_at.toISOString()}`);
  expect(new Set(moments).size).toBe(moments.length);
}

/** A busy machine takes long to start a process. */
const START_TWICE_MS = 60_000;
const PATIENCE = { timeoutMs: 15_000 };

const named = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}-${n}`);

describe('Schedules on several replicas', () => {
  const receiver = useReceiver();
  const replicas = useReplicas(ASLEEP);
  const [service] = replicas;
  const batch = [task('a', receiver.url('/start'))];

  it('are each fired by one of them when many are due at the same moment', async () => {
    const third = await startReplica(service, ASLEEP);
    const names = named('many', 60);
    await Promise.all(names.map((name, n) => put(replicas[n % 2], name, { cron: hourly(), batch })));
    await service.query(`UPDATE schedule SET next_due_at = now(), fire_at = now() WHERE starts_with(name, 'many')`);
    await Promise.all([...replicas, third].map(fireAll));
    const fired = await firedOf(service.databaseUrl, 'many');
    expectOnceEach(fired);
    expect(fired.map(({ schedule }) => schedule)).toEqual([...names].sort());
  });

  it('are fired at every due time while the same requests are repeated', async () => {
    const names = named('steady', 10);
    const save = (paused: boolean, overlap: string) =>
      Promise.all(
        names.map((name, n) =>
          put(replicas[n % 2], name, { cron: '* * * * * *', batch, paused, overlap, catch_up: 'all' }),
        ),
      );
    await save(false, 'allow');
    await eventually(async () => {
      await save(false, 'stop_previous');
      expect((await firedOf(service.databaseUrl, 'steady-9')).length).toBeGreaterThan(2);
    });
    await save(true, 'allow');
    const fired = await firedOf(service.databaseUrl, 'steady');
    expectOnceEach(fired);
    for (const name of names) {
      const seconds = fired.filter(({ schedule }) => schedule === name).map(({ due_at }) => due_at.getTime() / 1000);
      expect(seconds).toEqual(seconds.map((_, n) => seconds[0] + n));
    }
  });
});

describe('Schedules of a service that is killed at their due time', () => {
  useProcesses();
  const receiver = useReceiver();
  const database = useDatabase();
  const FAILPOINT = resolve('test/faults/harness/failpoint.cjs');
  const CLOCK = resolve('test/faults/harness/clock.cjs');

  it(
    'are each fired once, although the clock of the next process is five minutes slow',
    async () => {
      const names = named('killed', 3);
      // It dies when one firing is committed, and the others are not.
      const env = { DATABASE_URL: database.url, FAILPOINT: 'before:schedule-lock-due:2' };
      const first = await ServiceProcess.start(env, { preload: FAILPOINT });
      const dueAt = new Date(Math.floor(Date.now() / 1000) * 1000);
      const onlyOnce = { cron: '* * * * * *', starts_at: dueAt, ends_at: new Date(dueAt.getTime() + 1) };
      for (const name of names) await put(first, name, { ...onlyOnce, batch: [task('a', receiver.url('/start'))] });
      // All at once, however long the requests took; the loop polls every second.
      await execute(database.url, `UPDATE schedule SET next_due_at = starts_at, fire_at = starts_at`);
      await eventually(() => expect(first.ended).toBe(true), PATIENCE);
      expect((await firedOf(database.url, 'killed')).length).toBeLessThan(names.length);

      const late = { CLOCK_SHIFT_MS: '-300000', WORKER_CLAIM_TIMEOUT_SECS: '1' };
      await ServiceProcess.start({ DATABASE_URL: database.url, ...late }, { preload: CLOCK });
      await eventually(async () => expect(await firedOf(database.url, 'killed')).toHaveLength(names.length), PATIENCE);
      const fired = await firedOf(database.url, 'killed');
      expectOnceEach(fired);
      expect(fired).toMatchObject(names.map((name) => ({ schedule: name, due_at: dueAt })));
      // The killed process may have claimed the first task, or called for it already.
      const called = () => new Set(receiver.received('/start').map(({ headers }) => headers['x-task-id']));
      await eventually(() => expect(called().size).toBe(names.length), PATIENCE);
    },
    START_TWICE_MS,
  );
});
