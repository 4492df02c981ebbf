import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { Database } from '../../src/database/database';
import { statement } from '../../src/database/statement';
import { MetricsLoop } from '../../src/task/metrics.loop';
import { TimeoutLoop } from '../../src/task/finish/timeout.loop';
import { useReceiver, useService } from '../support/fixture';
import { allDelivered, untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { faultsOf, labelsOf, type SeriesOf } from '../support/promql';
import { promtool, test } from '../support/promtool';
import { Receiver } from '../support/receiver';
import { age } from '../support/rows';
import { concurrency } from '../support/rules';
import { Scrape } from '../support/scrape';
import { after, provider, Service, task, webhook } from '../support/service';

const DAY_SECS = 86_400;

interface Panel {
  title: string;
  targets?: { expr: string; legendFormat: string }[];
}
interface Alert {
  alert: string;
  expr: string;
  annotations: { summary: string; runbook_url: string };
}

/** A case of promtool: what it expects of alerts at which time. */
interface Case {
  name: string;
  promql_expr_test: { expr: string; exp_samples: unknown[] }[];
}

const read = (path: string) => readFileSync(path, 'utf8');
const dashboard = JSON.parse(read('docker/grafana/dashboards/hookline.json')) as { panels: Panel[] };
const queries = dashboard.panels.flatMap(({ title, targets = [] }) => targets.map((target) => ({ title, ...target })));
const { groups } = parse(read('docker/prometheus/alerts.yml')) as { groups: { rules: Alert[] }[] };
const { tests } = parse(read('docker/prometheus/alerts.test.yml')) as { tests: Case[] };
const alerts = groups.flatMap(({ rules }) => rules);
/** `{{ $labels.x }}` of an alert, `{{x}}` of a legend. */
const placeholders = (text: string) => [...text.matchAll(/\{\{ ?(?:\$labels\.)?(\w+) ?\}\}/g)].map(([, name]) => name);

/** Does a little of everything that is counted, so that every label has its values. */
async function work(service: Service, receiver: Receiver): Promise<void> {
  receiver.reply('/refuse', { status: 500 });
  const start = receiver.url('/start');
  const told = { on_success: [webhook(receiver.url('/told'))] };
  const ids = await service.create([
    task('good', start, told),
    task('next', start, after(['good'])),
    task('bad', start),
    task('silent', start),
    task('refused', receiver.url('/refuse')),
    task('blocked', start, { rules: [concurrency('test')] }),
  ]);
  await untilRunning(service, ids.good, ids.bad, ids.silent);
  await service.succeed(ids.good);
  await service.fail(ids.bad);
  await service.call('PUT', `/task/${ids.silent}`, { new_success: 1 });
  await age(service, ids.silent, DAY_SECS);
  await provider(service, TimeoutLoop).runOnce();
  await eventually(async () => expect((await service.task(ids.refused)).status).toBe('Failure'));
  await service.call('DELETE', `/task/${ids.next}`);
  const clash = statement<[]>('clash', `DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$`);
  await expect(provider(service, Database).run(clash)).rejects.toThrow('Too many requests');
  await allDelivered(service);
  await service.query('ANALYZE task');
  // Not by `runOnce`: only scheduled iterations are measured.
  await eventually(async () => {
    const seen = await Scrape.of(service);
    expect(seen.sum('hookline_loop_iteration_duration_seconds_count', { loop: 'retention' })).toBeGreaterThan(0);
  });
  await provider(service, MetricsLoop).runOnce();
}

describe('Monitoring', () => {
  let seriesOf: SeriesOf;
  const receiver = useReceiver();
  const service = useService({ SLOW_QUERY_THRESHOLD_MS: '0', RETENTION_ENABLED: '1' });
  beforeAll(async () => {
    await work(service, receiver);
    const metrics = seriesIn(await Scrape.of(service));
    // Prometheus adds this one for each target.
    metrics.set('up', new Map());
    seriesOf = (name) => metrics.get(name);
  });

  it('has a dashboard that queries existing metrics, labels and values', () => {
    expect(queries.length).toBeGreaterThan(40);
    expect(queries.flatMap(({ expr }) => faultsOf(expr, seriesOf))).toEqual([]);
  });

  it('has dashboard legends that name labels of their results', () => {
    const unknown = queries.flatMap(({ title, expr, legendFormat }) => {
      const left = labelsOf(expr, seriesOf);
      return placeholders(legendFormat)
        .filter((name) => !left.includes(name))
        .map((name) => `${title}: ${name}`);
    });
    expect(unknown).toEqual([]);
  });

  it('has alerts that query existing metrics, labels and values', () => {
    expect(alerts.length).toBeGreaterThan(10);
    expect(alerts.flatMap(({ expr }) => faultsOf(expr, seriesOf))).toEqual([]);
  });

  it('has alerts whose summaries name labels of their results, each with a section on what to do', () => {
    const headings = [...read('docs/operations.md').matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
    for (const { alert, expr, annotations } of alerts) {
      expect(labelsOf(expr, seriesOf)).toEqual(expect.arrayContaining(placeholders(annotations.summary)));
      expect(annotations.runbook_url).toBe(`{{ $externalURL }}/user/operations.md#${alert.toLowerCase()}`);
    }
    expect(headings.filter((name) => name.startsWith('Hookline'))).toEqual(alerts.map(({ alert }) => alert));
  });

  it('has alerts that count from the first value of a series on, also if that is no zero', () => {
    for (const { alert, expr } of alerts) {
      for (const [, counter, window] of expr.matchAll(/\b(?:increase|rate)\((hookline_[^[]+)\[(\w+)\]\)/g)) {
        const fresh = `(last_over_time(${counter}[${window}]) unless max_over_time(${counter}[1h] offset ${window}))`;
        expect([alert, expr.replace(/\s+/g, ' ')]).toEqual([
          alert,
          expect.stringContaining(`${fresh} or increase(${counter}[${window}])`),
        ]);
      }
    }
  });

  it('has a case that fires and one that stays silent for every alert', () => {
    for (const { alert } of alerts) {
      const own = tests.filter(({ name }) => name.split(',')[0] === alert).flatMap((test) => test.promql_expr_test);
      expect(own.filter(({ expr }) => !expr.includes(`alertname="${alert}"`))).toEqual([]);
      expect([alert, ...new Set(own.map(({ exp_samples }) => exp_samples.length > 0))].sort()).toEqual(
        [alert, false, true].sort(),
      );
    }
  });

  test('has alerts that fire and stay silent when they should', () => {
    expect(promtool(['check', 'rules', 'docker/prometheus/alerts.yml'])).toBe('');
    expect(promtool(['test', 'rules', 'docker/prometheus/alerts.test.yml'])).toBe('');
  });

  test('has metrics that promtool finds no fault with', async () => {
    expect(promtool(['check', 'metrics'], await (await fetch(`${service.url}/metrics`)).text())).toBe('');
  });

  it.each([
    ['a metric', 'rate(hookline_task_ended_total[5m])', 'There is no metric hookline_task_ended_total'],
    ['a label', 'hookline_tasks{state="Pending"}', 'hookline_tasks has no label state'],
    ['a value', 'hookline_tasks{status="pending"}', 'hookline_tasks has no status="pending"'],
    ['a group', 'sum by (trigger) (hookline_tasks)', 'hookline_tasks has no label trigger'],
    ['an expression', 'sum by (kind) (hookline_tasks', 'sum by (kind) (hookline_tasks cannot be parsed'],
  ])('detects %s that is misspelt', (_, expression, fault) => {
    expect(faultsOf(expression, seriesOf)).toEqual([fault]);
  });
});

/** Returns every series of a scrape, by the name that expressions use. */
function seriesIn({ samples }: Scrape): Map<string, Map<string, Set<string>>> {
  const metrics = new Map<string, Map<string, Set<string>>>();
  for (const { name, labels } of samples) {
    const known = metrics.get(name) ?? new Map<string, Set<string>>();
    metrics.set(name, known);
    for (const [label, value] of Object.entries(labels))
      known.set(label, (known.get(label) ?? new Set<string>()).add(value));
  }
  return metrics;
}
