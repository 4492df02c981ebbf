import { Database } from '../../src/database/database';
import { statement } from '../../src/database/statement';
import { MAX_KINDS, OTHER_KINDS } from '../../src/metrics/kinds';
import { RetentionLoop } from '../../src/retention/retention.loop';
import { MetricsLoop } from '../../src/task/metrics.loop';
import { StaleClaimsLoop } from '../../src/task/claiming/stale-claims.loop';
import { StartLoop } from '../../src/task/claiming/start.loop';
import { sampleTasks, byIndexOnly } from '../../src/task/sql/sample';
import { useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { age, claim, makeDue } from '../support/rows';
import { concurrency } from '../support/rules';
import { Scrape } from '../support/scrape';
import { after, provider, task, webhook } from '../support/service';

const YEAR_SECS = 31_536_000;

describe('Metrics of the queues', () => {
  const receiver = useReceiver();
  // Nothing runs by itself.
  const service = useService({ WORKER_ENABLED: '0', SLOW_QUERY_THRESHOLD_MS: '400' });

  const url = () => receiver.url('/start');

  test('count what waits in the database', async () => {
    const rules = [concurrency('narrow')];
    const narrow = await service.create([
      task('ends', url(), { kind: 'narrow', rules, on_failure: [webhook(receiver.url('/told'))] }),
      task('blocked', url(), { kind: 'narrow', rules }),
      task('blocked too', url(), { kind: 'narrow', rules }),
    ]);
    await provider(service, StartLoop).runOnce();
    await untilRunning(service, narrow.ends);
    await service.fail(narrow.ends);
    await makeDue(service, { inSecs: -3600 });
    const wide = await service.create(['ready', 'claimed'].map((id) => task(id, url(), { kind: 'wide' })));
    await service.create([task('a', url(), { kind: 'wide' }), task('waits', url(), { kind: 'wide', ...after(['a']) })]);
    await claim(service, wide.claimed, { secsAgo: 0 });
    // Two hours in the queue, but its time came an hour ago.
    await service.query(
      `UPDATE task SET last_updated = now() - interval '2 hours', run_at = now() - interval '1 hour' WHERE id = $1`,
      [wide.ready],
    );
    await service.query('ANALYZE task');
    await provider(service, MetricsLoop).runOnce();

    const seen = await Scrape.of(service);
    expect(seen.entries('hookline_tasks')).toEqual({
      'Pending narrow': 2,
      'Claimed narrow': 0,
      'Running narrow': 0,
      'Pending wide': 2,
      'Claimed wide': 1,
      'Running wide': 0,
      [`Pending ${OTHER_KINDS}`]: 0,
      [`Claimed ${OTHER_KINDS}`]: 0,
      [`Running ${OTHER_KINDS}`]: 0,
    });
    expect(seen.entries('hookline_tasks_blocked')).toEqual({ Concurrency: 2, Capacity: 0, none: 0 });
    // ANALYZE reads all of a table this small, but its statistics omit values that occur once.
    expect(seen.entries('hookline_tasks_estimated')).toMatchObject({ Pending: 4, Success: 0 });
    expect(seen.entries('hookline_outbox_depth')).toEqual({ due: 1, later: 0, awaiting_start: 0 });
    expect(seen.sum('hookline_outbox_oldest_due_age_seconds')).toBeGreaterThanOrEqual(3600);
    const age = seen.sum('hookline_tasks_oldest_ready_age_seconds');
    expect([age >= 3600, age < 7200]).toEqual([true, true]);

    await provider(service, StartLoop).runOnce();
    await untilRunning(service, wide.ready);
    await service.query(`UPDATE task SET claimed_at = now() - interval '5 hours' WHERE id = $1`, [wide.ready]);
    await service.succeed(wide.ready);
    const later = await Scrape.of(service);
    const waited = later.sum('hookline_task_queue_wait_seconds_sum', { kind: 'wide' });
    const ran = later.sum('hookline_task_run_seconds_sum', { kind: 'wide' });
    expect([waited >= 3600, waited < 7200, ran >= 18_000, ran < 20_000]).toEqual([true, true, true, true]);
  });

  test('measure how long a task with rules waited', async () => {
    const { ruled } = await service.create([task('ruled', url(), { kind: 'ruled', rules: [concurrency('ruled')] })]);
    await service.query(`UPDATE task SET last_updated = now() - interval '1 hour' WHERE id = $1`, [ruled]);
    await provider(service, StartLoop).runOnce();
    await untilRunning(service, ruled);
    const seen = await Scrape.of(service);
    expect(seen.sum('hookline_task_queue_wait_seconds_count', { kind: 'ruled' })).toBe(1);
    expect(seen.sum('hookline_task_queue_wait_seconds_sum', { kind: 'ruled' })).toBeGreaterThanOrEqual(3600);
  });

  test('count requeued claims and removed rows', async () => {
    const { lost, old } = await service.create(['lost', 'old'].map((id) => task(id, url())));
    await service.call('DELETE', `/task/${old}`);
    await claim(service, lost);
    await age(service, old, YEAR_SECS);
    await provider(service, StaleClaimsLoop).runOnce();
    await provider(service, RetentionLoop).runOnce();

    const seen = await Scrape.of(service);
    expect(seen.sum('hookline_stale_claims_total')).toBe(1);
    expect(seen.sum('hookline_task_transitions_total', { from: 'Claimed', to: 'Pending' })).toBe(1);
    expect(seen.entries('hookline_retention_removed_total')).toEqual({ tasks: 1, batches: 0 });
  });

  test('are sampled without a scan of the table, whatever the statistics say', async () => {
    const { plan } = await provider(service, Database).transaction(async (tx) => {
      await tx.run(byIndexOnly);
      const rows = await tx.run(
        statement<[], { 'QUERY PLAN': string }>('explain-sample', `EXPLAIN ${sampleTasks.text}`),
      );
      return { plan: rows.map((row) => row['QUERY PLAN']).join('\n') };
    });
    expect(plan).not.toMatch(/Seq Scan on task|Bitmap/);
    for (const index of ['task_pending', 'task_blocked', 'task_claimed', 'task_deadline']) {
      expect(plan).toMatch(new RegExp(`Limit .*\\n.*Index Scan using ${index} `));
    }
  });

  test('count a slow statement, except for its first run on a connection, which is planned', async () => {
    const nap = statement<[]>('nap', 'SELECT pg_sleep(0.42)');
    await provider(service, Database).transaction(async (tx) => {
      for (let i = 0; i < 2; i++) await tx.run(nap);
    });
    const seen = await Scrape.of(service);
    expect(seen.sum('hookline_query_duration_seconds_count', { statement: 'nap' })).toBe(2);
    expect(seen.sum('hookline_slow_queries_total', { statement: 'nap' })).toBe(1);
  });

  test('bound the number of kinds in a flood of kinds, and lose no count', async () => {
    const scrape = async () => {
      await provider(service, MetricsLoop).runOnce();
      return Scrape.of(service);
    };
    const before = await scrape();
    const { batch } = await service.create(
      Array.from({ length: 1000 }, (_, i) => task(`t${i}`, url(), { kind: `flood "${i}" \n\\` })),
    );
    const during = await scrape();
    await service.call('DELETE', `/batch/${batch}`);
    const seen = await scrape();

    expect(during.sum('hookline_tasks')).toBe(before.sum('hookline_tasks') + 1000);
    for (const name of ['hookline_tasks_created_total', 'hookline_tasks_ended_total']) {
      expect(seen.sum(name)).toBe(before.sum(name) + 1000);
      expect(seen.values(name, 'kind').length).toBeLessThanOrEqual(MAX_KINDS + 1);
    }
    expect(during.values('hookline_tasks', 'kind').length).toBeLessThanOrEqual(MAX_KINDS + 1);
  });
});
