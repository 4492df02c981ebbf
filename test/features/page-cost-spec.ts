import { listBatches } from '../../src/batch/sql/list';
import { Database } from '../../src/database/database';
import { type Statement, statement } from '../../src/database/statement';
import { listTasks } from '../../src/task/sql/list-tasks';
import { listDeliveries } from '../../src/webhook/sql/list-deliveries';
import { useService } from '../support/fixture';
import { provider } from '../support/service';

const BATCHES = 2000;
const TASKS_EACH = 10;
const PAGE = 20;
const SOME_BATCH = '00000000-0000-4000-8000-000000000007';
const FAILURES = 5000;
/** Rows that reading one page may touch: its own, their tasks, and the index steps to them. */
const AFFORDABLE = 2 * PAGE * TASKS_EACH;

interface PlanNode {
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Join Filter'?: number;
  Plans?: PlanNode[];
}

/** Returns the rows that the costliest step of a plan has read. */
const rowsTouched = (node: PlanNode): number =>
  Math.max(
    (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Join Filter'] ?? 0)) *
      node['Actual Loops'],
    ...(node.Plans ?? []).map(rowsTouched),
  );

describe(`Beside ${BATCHES * TASKS_EACH} tasks, a page`, () => {
  const service = useService({ WORKER_ENABLED: '0' });
  beforeAll(async () => {
    await service.query(
      `INSERT INTO batch (id, created_at, scope, metadata)
       SELECT CASE n WHEN 7 THEN $2::uuid ELSE gen_random_uuid() END, now() - make_interval(secs => n), 'scope-' || n % 50, json_build_object('n', n)
       FROM generate_series(1, $1) AS n`,
      [BATCHES, SOME_BATCH],
    );
    await service.query(
      `INSERT INTO task (id, batch_id, created_at, status, timeout_secs, kind, ended_at)
       SELECT gen_random_uuid(), b.id, b.created_at, 'Success', 60, 'kind-' || n, now()
       FROM batch b, generate_series(1, $1) AS n`,
      [TASKS_EACH],
    );
    await service.query(
      `INSERT INTO task_definition (id, batch_id, created_at, name, metadata, on_start)
       SELECT id, batch_id, created_at, 'Task ' || kind, json_build_object('kind', kind),
              '{"kind": "Webhook", "params": {"url": "http://localhost/", "verb": "Post"}}'
       FROM task`,
    );
    await service.query(
      `INSERT INTO delivery (id, task_id, batch_id, trigger, status, attempts, created_at, updated_at, key, url)
       SELECT gen_random_uuid(), id, batch_id, 'start', 'success', 1, created_at, created_at, id || ':start',
              'http://localhost/'
       FROM task`,
    );
    await service.query(
      `INSERT INTO delivery (id, task_id, batch_id, trigger, status, attempts, created_at, key, url)
       SELECT gen_random_uuid(), id, batch_id, 'start', 'failure', 1, created_at, id || ':attempt-2:start', 'http://localhost/'
       FROM task WHERE batch_id <> $2 LIMIT $1`,
      [FAILURES, SOME_BATCH],
    );
    // Long after the root causes of a cascade, many of its tasks fail.
    await service.query(
      `UPDATE task SET status = 'Failure', ended_at = now() + make_interval(hours => (kind = 'kind-2')::int),
              failure_reason = CASE kind WHEN 'kind-1' THEN 'Disk full' ELSE 'Parent task ' || id || ' did not succeed' END
       WHERE kind IN ('kind-1', 'kind-2')`,
    );
    await service.query('ANALYZE');
  });

  it.each<[what: string, page: [Statement<unknown[], unknown>, unknown[]]]>([
    ['of all tasks', listTasks({}, PAGE, 0)],
    ['of all tasks, further on', listTasks({}, PAGE, 100)],
    ['of tasks by name', listTasks({ name: 'kind-1' }, PAGE, 0)],
    ['of tasks by kind', listTasks({ kind: 'kind-1' }, PAGE, 0)],
    ['of tasks by status', listTasks({ status: ['Success'] }, PAGE, 0)],
    ['of running tasks, where there are none', listTasks({ status: ['Running'] }, PAGE, 0)],
    ['of canceled tasks, where there are none', listTasks({ status: ['Canceled'] }, PAGE, 0)],
    ['of canceled tasks, last ended first', listTasks({ status: ['Canceled'], sort: '-ended_at' }, PAGE, 0)],
    [
      'of root causes of failures, last ended first',
      listTasks({ root_cause: 'true', status: ['Failure'], sort: '-ended_at' }, PAGE, 0),
    ],
    ['of root causes, where there are none', listTasks({ root_cause: 'true', status: ['Canceled'] }, PAGE, 0)],
    ['of the oldest tasks', listTasks({ sort: 'created_at' }, PAGE, 0)],
    ['of tasks from before all others', listTasks({ ended_before: '2020-01-01' }, PAGE, 0)],
    ['of tasks by timeout', listTasks({ timeout: 60 }, PAGE, 0)],
    ['of all batches', listBatches({}, PAGE, 0)],
    ['of the oldest batches', listBatches({ sort: 'created_at' }, PAGE, 0)],
    ['of batches by scope', listBatches({ scope: 'scope-7' }, PAGE, 0)],
    ['of batches by kind', listBatches({ kind: 'kind-1' }, PAGE, 0)],
    ['of batches by state', listBatches({ status: ['Success'] }, PAGE, 0)],
    ['of all deliveries', listDeliveries({}, PAGE, 0)],
    ['of the deliveries that changed first', listDeliveries({ sort: 'updated_at' }, PAGE, 0)],
    ['of deliveries to a host', listDeliveries({ host: 'localhost' }, PAGE, 0)],
    ['of refused start calls of a batch', listDeliveries({ status: ['failure'], batch_id: SOME_BATCH }, PAGE, 0)],
    ['of deliveries of a batch', listDeliveries({ batch_id: SOME_BATCH }, PAGE, 0)],
    ['of deliveries changed long ago', listDeliveries({ updated_before: '2001-01-01' }, PAGE, 0)],
    ['of exhausted deliveries, where there are none', listDeliveries({ status: ['exhausted'] }, PAGE, 0)],
  ])('%s touches few more rows than it shows', async (_what, [{ name, text }, values]) => {
    const explain = statement<unknown[], { 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `explain-${name}`,
      `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
    );
    const [row] = await provider(service, Database).run(explain, ...values);
    expect(rowsTouched(row['QUERY PLAN'][0].Plan)).toBeLessThanOrEqual(AFFORDABLE);
  });
});
