import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '../../package.json';
import { Database } from '../../src/database/database';
import { statement } from '../../src/database/statement';
import { RetentionLoop } from '../../src/retention/retention.loop';
import { MetricsLoop } from '../../src/task/metrics.loop';
import { TimeoutLoop } from '../../src/task/finish/timeout.loop';
import { DeliveryLoop } from '../../src/webhook/delivery.loop';
import { ASLEEP, startBehindProxy, startReplica, useReceiver, useService } from '../support/fixture';
import { allDelivered, untilRunning } from '../support/graph';
import { grouped } from '../support/groups';
import { eventually } from '../support/poll';
import { age, makeDue } from '../support/rows';
import { Scrape } from '../support/scrape';
import { after, provider, task, webhook } from '../support/service';

const HOUR_MS = '3600000';
const DAY_SECS = 86_400;

describe('Metrics', () => {
  const receiver = useReceiver();
  const service = useService({
    ...ASLEEP,
    WEBHOOK_MAX_ATTEMPTS: '2',
    SLOW_QUERY_THRESHOLD_MS: '0',
  });

  const url = () => receiver.url('/start');

  test('count what became of tasks, and why', async () => {
    receiver.reply('/refuse', { status: 500 });
    const of = (kind: string) => ({ kind });
    const ids = await service.create([
      task('good', url(), of('alpha')),
      task('released', url(), { ...of('alpha'), ...after(['good']) }),
      task('bad', url(), of('beta')),
      task('cascaded', url(), { ...of('beta'), ...after(['bad']) }),
      task('dead end', url(), of('gamma')),
      task('leaf', url(), { ...of('gamma'), ...after(['dead end']) }),
      task('refused', receiver.url('/refuse'), of('gamma')),
      task('silent', '', { ...of('delta'), on_start: grouped(url()) }),
      task('held', url(), of('delta')),
    ]);
    await untilRunning(service, ids.good, ids.bad, ids['dead end'], ids.silent, ids.held);
    await service.succeed(ids.good);
    await untilRunning(service, ids.released);
    await service.succeed(ids.released);
    await service.fail(ids.bad);
    await service.call('DELETE', `/task/${ids.leaf}`);
    await service.call('PATCH', `/task/pause/${ids.held}`);
    await service.call('PATCH', `/task/resume/${ids.held}`);
    await service.call('PUT', `/task/${ids.held}`, { new_success: 1 });
    await age(service, ids.silent, DAY_SECS);
    await provider(service, TimeoutLoop).runOnce();
    await eventually(async () => expect((await service.task(ids.refused)).status).toBe('Failure'));

    const seen = await Scrape.of(service);
    for (const [kind, tasks] of Object.entries({ alpha: 2, beta: 2, gamma: 3, delta: 2 })) {
      expect(seen.sum('hookline_tasks_created_total', { kind })).toBe(tasks);
    }
    expect(seen.entries('hookline_tasks_ended_total')).toEqual({
      'alpha success succeeded': 2,
      'beta failure failed': 1,
      'beta failure parent_failed': 1,
      'gamma canceled canceled': 1,
      'gamma canceled dead_end': 1,
      'gamma failure refused': 1,
      'delta failure timed_out': 1,
    });
    // All but the task that failed with its parent and the leaf were claimed, and ended.
    for (const [kind, tasks] of Object.entries({ alpha: 2, beta: 1, gamma: 2, delta: 2 })) {
      expect(seen.sum('hookline_task_queue_wait_seconds_count', { kind })).toBe(tasks);
    }
    for (const [kind, tasks] of Object.entries({ alpha: 2, beta: 1, gamma: 2, delta: 1 })) {
      expect(seen.sum('hookline_task_run_seconds_count', { kind })).toBe(tasks);
    }
    expect(seen.entries('hookline_task_transitions_total')).toEqual({
      'Pending Claimed': 7,
      'Claimed Running': 6,
      'Waiting Pending': 1,
      'Running Success': 2,
      'Running Failure': 2,
      'Running Canceled': 1,
      'Waiting Failure': 1,
      'Waiting Canceled': 1,
      'Claimed Failure': 1,
      'Running Paused': 1,
      'Paused Running': 1,
    });
    expect(seen.entries('hookline_tasks_propagated_total')).toEqual({
      released: 1,
      cascaded: 1,
      dead_end: 1,
    });
  });

  test('count the outcomes of calls to receivers', async () => {
    const before = await Scrape.of(service);
    receiver.reply('/late', { status: 503 }, {}).reply('/never', { status: 500 });
    const { a, b } = await service.create([
      task('a', url(), { on_success: [webhook(receiver.url('/late'))] }),
      task('b', url(), { on_success: [webhook(receiver.url('/never'))] }),
    ]);
    await untilRunning(service, a, b);
    await Promise.all([service.succeed(a), service.succeed(b)]);
    // Both have failed once. The backoff is skipped.
    await eventually(async () => {
      const rows = await service.query('SELECT last_status FROM outbox WHERE last_status IS NOT NULL');
      expect(rows).toHaveLength(2);
    });
    await makeDue(service);
    await provider(service, DeliveryLoop).runOnce();
    await allDelivered(service);

    const seen = await eventually(async () => {
      const scrape = await Scrape.of(service);
      expect(scrape.sum('hookline_webhook_exhausted_total')).toBe(1);
      return scrape;
    });
    const more = (name: string, labels: Record<string, string>) => seen.sum(name, labels) - before.sum(name, labels);
    expect(more('hookline_webhook_attempts_total', { trigger: 'start', outcome: 'success' })).toBe(2);
    expect(more('hookline_webhook_attempts_total', { trigger: 'end', outcome: 'refused' })).toBe(3);
    expect(more('hookline_webhook_attempts_total', { trigger: 'end', outcome: 'success' })).toBe(1);
    expect(more('hookline_webhook_duration_seconds_count', { trigger: 'end' })).toBe(4);
    expect(more('hookline_webhook_retries_total', { trigger: 'end' })).toBe(2);
    expect(more('hookline_webhook_delivery_lag_seconds_count', { trigger: 'end' })).toBe(1);
    expect(seen.sum('hookline_webhook_delivery_lag_seconds_sum')).toBeGreaterThan(0);
  });

  test('cover loops, statements, coalescers and the pool', async () => {
    await service.create([task('a', url())]);
    const [failing, slow] = [statement<[]>('fails', 'SELECT 1 / 0'), statement<[]>('slow', 'SELECT 1')];
    const clash = statement<[]>('clash', `DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$`);
    const database = provider(service, Database);
    await database.run(slow);
    await expect(database.run(failing)).rejects.toThrow('division by zero');
    let attempts = 0;
    await database.transaction(async (tx) => {
      if (attempts++ < 2) await tx.run(clash);
    });

    const seen = await Scrape.of(service);
    const loops = [
      'start',
      'due',
      'timeout',
      'stale-claims',
      'delivery',
      'rules-sweep',
      'schedules',
      'expired-keys',
      'heartbeat',
      'metrics',
    ];
    expect(seen.values('hookline_loop_failures_total', 'loop').sort()).toEqual([...loops].sort());
    for (const loop of loops) {
      expect(seen.sum('hookline_loop_iteration_duration_seconds_count', { loop })).toBeGreaterThan(0);
      expect(seen.sum('hookline_loop_failures_total', { loop })).toBe(0);
      const age = Date.now() / 1000 - seen.sum('hookline_loop_last_run_timestamp_seconds', { loop });
      expect(Math.abs(age)).toBeLessThan(3600);
    }
    const named = (name: string) => ({ statement: name });
    expect(seen.sum('hookline_query_duration_seconds_count', named('slow'))).toBe(1);
    expect(seen.sum('hookline_query_duration_seconds_count', named('fails'))).toBe(1);
    expect(seen.sum('hookline_slow_queries_total', named('slow'))).toBe(1);
    expect(seen.sum('hookline_transaction_retries_total', { sqlstate: '40001' })).toBe(2);
    expect(seen.values('hookline_coalescer_flush_items_count', 'coalescer')).toEqual(
      expect.arrayContaining(['creation', 'reports', 'counters', 'attempts']),
    );
    expect(seen.sum('hookline_increments_waiting')).toBe(0);
    expect(seen.sum('hookline_pool_max_connections')).toBe(10);
    expect(seen.sum('hookline_pool_connections')).toBeGreaterThan(0);
    expect(seen.sum('hookline_breaker_state', { state: 'closed' })).toBe(1);
    expect(seen.sum('hookline_breaker_state')).toBe(1);
  });

  test('belong to one application: a second one in the same process starts at zero', async () => {
    const replica = await startReplica(service, { WORKER_ENABLED: '0', SLOW_QUERY_THRESHOLD_MS: HOUR_MS });
    const seen = await Scrape.of(replica);
    expect(seen.sum('hookline_tasks_created_total')).toBe(0);
    expect(seen.sum('hookline_slow_queries_total')).toBe(0);
    expect(seen.sum('hookline_query_duration_seconds_count')).toBeGreaterThan(0);
  });

  test('are served while the database is down, and show that', async () => {
    const { service: cutOff, proxy } = await startBehindProxy({
      POOL_ACQUIRE_RETRIES: '0',
      CIRCUIT_BREAKER_FAILURE_THRESHOLD: '1',
      WORKER_LOOP_INTERVAL_MS: '20',
    });
    await proxy.cut();
    const seen = await eventually(async () => {
      const scrape = await Scrape.of(cutOff);
      expect(scrape.sum('hookline_breaker_state', { state: 'open' })).toBe(1);
      expect(scrape.sum('hookline_breaker_rejections_total')).toBeGreaterThan(0);
      expect(scrape.sum('hookline_loop_failures_total', { loop: 'timeout' })).toBeGreaterThan(0);
      return scrape;
    });
    expect(seen.sum('hookline_breaker_state')).toBe(1);
  });

  test('measure requests by route, and not for how long event streams stay open', async () => {
    const { batch } = await service.create([task('a', url())]);
    const stream = await fetch(`${service.url}/batch/${batch}/events`);
    await stream.body!.cancel();
    expect((await service.call('GET', '/task/none')).status).toBe(400);
    expect((await service.call('GET', `/dag/${batch}`)).status).toBe(200);
    for (const path of ['/none', '/none/either']) expect((await service.call('GET', path)).status).toBe(404);

    const seen = await eventually(async () => {
      const scrape = await Scrape.of(service);
      const count = (route: string, status: string) =>
        scrape.sum('hookline_http_request_duration_seconds_count', { method: 'GET', route, status });
      expect([count('/task/{id}', '4xx'), count('/dag/{batch_id}', '2xx'), count('unmatched', '4xx')]).toEqual([
        1, 1, 2,
      ]);
      return scrape;
    });
    const routes = seen.values('hookline_http_request_duration_seconds_count', 'route');
    expect(routes).toEqual(expect.arrayContaining(['/task', '/task/pause/{id}', '/metrics']));
    expect(routes.filter((route) => route.includes('events') || route.includes(batch))).toEqual([]);
    expect(seen.of('hookline_build_info')).toEqual([
      { name: 'hookline_build_info', labels: { version, node: process.version }, value: 1 },
    ]);
  });

  test('count tasks that are rerun', async () => {
    const { later } = await service.create([task('later', url(), { kind: 'alpha', delay_secs: DAY_SECS })]);
    await service.call('DELETE', `/task/${later}`);
    await service.call('POST', `/task/${later}/rerun`);
    const seen = await Scrape.of(service);
    expect(seen.entries('hookline_tasks_rerun_total')).toEqual({ alpha: 1 });
    expect(seen.sum('hookline_task_transitions_total', { from: 'Canceled', to: 'Pending' })).toBe(1);
  });

  test('match docs/metrics.md exactly', async () => {
    await service.query('ANALYZE task');
    await provider(service, MetricsLoop).runOnce();
    await provider(service, RetentionLoop).runOnce();
    const seen = await Scrape.of(service);
    const present = [...seen.families]
      .map(([name, { type, help }]) => ({ name, type, labels: seen.labelsOf(name), help }))
      .filter(({ name }) => !/^(process|nodejs)_/.test(name));

    const text = readFileSync(join(__dirname, '../../docs/metrics.md'), 'utf8');
    const documented = [...text.matchAll(/^\| `(hookline_\w+)` +\| (\w+) +\| (.*?) +\| (.*?) +\|$/gm)].map(
      ([, name, type, labels, help]) => ({ name, type, labels: labels.match(/\w+/g) ?? [], help }),
    );
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
    expect(documented.sort(byName)).toEqual(present.sort(byName));
  });
});
