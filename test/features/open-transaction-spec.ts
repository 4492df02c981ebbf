import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { Database } from '../../src/database/database';
import { type Statement, statement } from '../../src/database/statement';
import { lockOldTasks } from '../../src/retention/sql/remove';
import { claimNext, claimResumed } from '../../src/task/sql/claim';
import { recordStartResults } from '../../src/task/sql/record-start-results';
import { useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { age } from '../support/rows';
import { concurrency } from '../support/rules';
import { after, idsOf, provider, task } from '../support/service';

const STARTED = 10_000;
const WORKER = randomUUID();
const SLOTS = 16;
const HOUR_SECS = 3600;

interface Plan {
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
}

describe('Beside a long open transaction', () => {
  let open: Client;
  afterAll(() => open.end());
  const service = useService({ WORKER_ENABLED: '0' });
  beforeAll(async () => {
    await service.query(
      `WITH batch AS (
         INSERT INTO batch (id, created_at) VALUES (gen_random_uuid(), now()) RETURNING id
       ), task AS (
         INSERT INTO task (id, batch_id, created_at, status, timeout_secs, kind, claimed_by)
         SELECT gen_random_uuid(), batch.id, now() - make_interval(mins => 10), 'Pending', 60, 'kind', $2
         FROM batch, generate_series(1, $1) RETURNING id, batch_id, created_at
       )
       INSERT INTO task_definition (id, batch_id, created_at, name, on_start)
       SELECT id, batch_id, created_at, 'Task', '{"kind": "Webhook", "params": {"url": "http://localhost/"}}' FROM task`,
      [STARTED, WORKER],
    );
    open = new Client({ connectionString: service.databaseUrl });
    await open.connect();
    await open.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await open.query('SELECT FROM task LIMIT 1');
    await service.query(`UPDATE task SET status = 'Success', ended_at = now(), claimed_by = NULL`);
    await service.query('ANALYZE');
  });

  /** Returns how many blocks a statement touches. */
  const blocks = async <T extends unknown[]>({ name, text }: Statement<T, unknown>, ...values: T) => {
    const explain = statement<T, { 'QUERY PLAN': [{ Plan: Plan }] }>(
      `explain-${name}`,
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
    );
    const [row] = await provider(service, Database).run(explain, ...values);
    const plan = row['QUERY PLAN'][0].Plan;
    return plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
  };

  it('a scan reads all tasks that were started since, but a resumed scan does not', async () => {
    const since = new Date(Date.now() - 60_000).toISOString();
    const positions = [5, 0, -5].map((priority) => ({ priority, since }));
    expect(await blocks(claimNext, 100, WORKER, [], [])).toBeGreaterThan(STARTED / 2);
    expect(await blocks(claimResumed, 100, WORKER, [], [], JSON.stringify(positions))).toBeLessThan(100);
  });

  it('recording start results costs what it always does', async () => {
    expect(await blocks(recordStartResults, Array.from({ length: 10 }, randomUUID), WORKER)).toBeLessThan(100);
  });

  it('removing old tasks resumes where the last chunk ended', async () => {
    await service.query('DELETE FROM task_definition');
    expect(await blocks(lockOldTasks, 0, 100, new Date(0))).toBeGreaterThan(STARTED / 10);
    expect(await blocks(lockOldTasks, 0, 100, new Date())).toBeLessThan(100);
  });
});

describe('While scans from the front of the queue are slow,', () => {
  const service = useService({ WORKER_LOOP_INTERVAL_MS: '3600000', WORKER_WEBHOOK_CONCURRENCY: String(SLOTS) });
  const receiver = useReceiver();
  const scans: string[] = [];
  beforeAll(() => {
    const database = provider(service, Database);
    const run = database.run.bind(database);
    jest.spyOn(database, 'run').mockImplementation(async (each, ...values) => {
      if (each.name === claimNext.name) await pause(100);
      const rows = await run(each, ...values);
      scans.push(each.name);
      return rows;
    });
  });
  let paths = 0;
  beforeEach(() => slowScan());

  /** Completes a scan from the front, after which scans resume from there. */
  const slowScan = async () => {
    scans.length = 0;
    await eventually(async () => {
      await service.create([task('first', receiver.url('/first'))]);
      expect(scans).toContain(claimNext.name);
    });
  };

  it('tasks that were created meanwhile are found by a resumed scan', async () => {
    // Retried, as a scan starts from the front again once enough time has passed.
    await eventually(async () => {
      await slowScan();
      scans.length = 0;
      const path = `/next/${++paths}`;
      await service.create([task('next', receiver.url(path))]);
      await receiver.waitFor(1, path);
      expect(scans).not.toContain(claimNext.name);
    });
    expect(scans).toContain(claimResumed.name);
  });

  it('tasks that enter the front of the queue together start, beside younger ones', async () => {
    const children = Array.from({ length: 4 * SLOTS }, (_, i) => task(String(i), receiver.url('/child'), after(['p'])));
    const { p, ...ids } = await service.create([task('p', receiver.url('/p')), ...children]);
    await untilRunning(service, p);
    await age(service, idsOf(ids), HOUR_SECS);
    await slowScan();
    await service.create(Array.from({ length: 4 * SLOTS }, (_, i) => task(String(i), receiver.url('/young'))));
    await service.succeed(p);
    await receiver.waitFor(4 * SLOTS, '/child', 20_000);
    await receiver.waitFor(4 * SLOTS, '/young', 20_000);
  });

  it('tasks that a rule admits start one after the other', async () => {
    const rules = [concurrency('single')];
    const single = (id: string) => task(id, receiver.url('/single'), { kind: 'single', rules });
    const ids = idsOf(await service.create(['a', 'b', 'c'].map(single)));
    await age(service, ids, HOUR_SECS);
    await slowScan();
    for (const id of ids) {
      await untilRunning(service, id);
      await service.succeed(id);
    }
  });

  it('tasks of a new priority start', async () => {
    await service.create([task('urgent', receiver.url('/urgent'), { priority: 7 })]);
    await receiver.waitFor(1, '/urgent');
  });

  it('tasks that return to the front of the queue start', async () => {
    const { a, b } = await service.create([task('a', receiver.url('/a')), task('b', receiver.url('/b'), after(['a']))]);
    await untilRunning(service, a);
    await service.call('PATCH', `/task/pause/${b}`);
    await service.succeed(a);
    await age(service, b, HOUR_SECS);
    await service.call('PATCH', `/task/resume/${b}`);
    await receiver.waitFor(1, '/b');
  });
});
