// What lists, statistics and claims cost beside a million tasks. Fills the database by SQL, asks over HTTP, and prints
// the plans of what must not depend on the size of the tables. See README.md.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startService } from './lib/service.mjs';

const { values: options } = parseArgs({
  options: { tasks: { type: 'string', default: '1000000' }, blocked: { type: 'string', default: '100000' } },
});
const TASKS = Number(options.tasks);
const BATCHES = TASKS / 100;
const BLOCKED = Number(options.blocked);

const service = await startService({ env: { WORKER_ENABLED: '0' } });
const db = new pg.Client({ connectionString: databaseUrl(service.folder) });
await db.connect();
try {
  await fill();
  await pages();
  await claims();
} finally {
  await db.end();
  await service.stop();
}

async function fill() {
  const statuses = `(ARRAY['Success','Success','Success','Success','Success','Success','Failure','Canceled'])[1 + n % 8]`;
  await db.query(`
    CREATE TEMP TABLE b AS SELECT n, uuidv7(make_interval(secs => n - ${BATCHES})) AS id,
           now() - make_interval(secs => ${BATCHES} - n) AS at FROM generate_series(1, ${BATCHES}) n;
    INSERT INTO batch (id, created_at, scope, metadata)
      SELECT id, at, 'scope-' || n % 100, jsonb_build_object('number', n) FROM b;
    CREATE TEMP TABLE t AS SELECT uuidv7() AS id, b.id AS batch_id, b.at, b.n * 100 + i AS n FROM b, generate_series(1, 100) i ORDER BY b.n;
    INSERT INTO task (id, batch_id, created_at, last_updated, started_at, ended_at, status, timeout_secs, kind, success, expected_count)
      SELECT id, batch_id, at, at, at, at, ${statuses}::task_status, 60, 'kind-' || n % 20, 5, 5 FROM t;
    INSERT INTO task_definition (id, batch_id, created_at, name, metadata, on_start)
      SELECT id, batch_id, at, 'Task ' || n, jsonb_build_object('number', n, 'project', n % 1000),
             '{"kind":"Webhook","params":{"url":"http://127.0.0.1:1/","verb":"Post"}}' FROM t;
    INSERT INTO delivery (id, task_id, batch_id, trigger, status, attempts, created_at, updated_at, key, url)
      SELECT uuidv7(), id, batch_id, 'start', 'success', 1, at, at, id || ':start', 'http://127.0.0.1:1/' FROM t;`);
  await db.query('VACUUM ANALYZE');
  console.log(`${TASKS} tasks in ${BATCHES} batches`);
}

async function pages() {
  const [{ id: batch }] = (await db.query('SELECT id FROM batch ORDER BY id LIMIT 1')).rows;
  const [{ id: task }] = (await db.query('SELECT id FROM task ORDER BY id DESC LIMIT 1')).rows;
  for (const path of [
    `/task/${task}`,
    '/task',
    '/task?page=1000&page_size=100',
    '/task?status=Failure',
    '/task?status=Running',
    '/task?kind=kind-7',
    '/task?name=Task%20500000',
    '/task?metadata={"number":500000}',
    `/task?batch_id=${batch}`,
    '/batches',
    '/batches?page=100',
    '/batches?scope=scope-7',
    '/batches?kind=kind-7&status=Success',
    '/batches?search=nothing-like-that',
    `/batch/${batch}`,
    `/dag/${batch}`,
    '/webhook-deliveries',
    '/webhook-deliveries?status=pending',
    '/webhook-deliveries?status=exhausted',
    `/webhook-deliveries?task_id=${task}`,
  ]) {
    const times = [];
    for (let i = 0; i < 9; i++) {
      const begun = performance.now();
      const answer = await fetch(service.url + path);
      await answer.text();
      if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
      times.push(performance.now() - begun);
    }
    const [median] = times.sort((a, b) => a - b).slice(4);
    console.log(`${path.padEnd(48)} ${median.toFixed(1).padStart(8)} ms`);
  }
}

/** Claims of 256 with nothing else pending, beside tasks set aside by a rule, and beside tasks that wait. */
async function claims() {
  const { claimNext } = await import('../dist/src/task/sql/claim.js');
  const add = (count, columns, values, rest = '') => `
    WITH new AS (
      INSERT INTO task (id, batch_id, status, timeout_secs, kind${columns})
      SELECT uuidv7(), (SELECT id FROM batch LIMIT 1), ${values} FROM generate_series(1, ${count})
      RETURNING id, batch_id)
    INSERT INTO task_definition (id, batch_id, name, on_start) SELECT id, batch_id, 'n', '{}' FROM new ${rest}`;
  const measure = async (name) => {
    await db.query('VACUUM ANALYZE task');
    await db.query(add(20 * 256, '', `'Pending', 60, 'free'`));
    const times = [];
    for (let i = 0; i < 20; i++) {
      const begun = performance.now();
      const { rowCount } = await db.query({ ...claimNext, values: [256, '019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e10'] });
      if (rowCount !== 256) throw new Error(`${name}: ${rowCount} claimed`);
      times.push(performance.now() - begun);
    }
    console.log(
      `claim of 256, ${name.padEnd(36)} ${times
        .sort((a, b) => a - b)[10]
        .toFixed(1)
        .padStart(6)} ms`,
    );
  };
  await measure('nothing else to do');
  await db.query(add(BLOCKED, ', parked_on', `'Pending', 60, 'blocked', 1`));
  await measure(`beside ${BLOCKED} set aside by a rule`);
  await db.query(add(BLOCKED, ', unmet', `'Waiting', 60, 'waiting', 1`));
  await measure(`and ${BLOCKED} that wait for parents`);
  const { rows } = await db.query({
    text: `EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) ${claimNext.text.replace('$1', '256').replaceAll('$2', `'019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e10'::uuid`)}`,
  });
  console.log(rows.map((row) => row['QUERY PLAN']).join('\n'));
}

/** The embedded server says in its own files where it listens and how to get in. */
function databaseUrl(folder) {
  const cluster = join(folder, 'postgres', 'cluster');
  if (!existsSync(cluster)) throw new Error(`no cluster in ${readdirSync(folder)}`);
  const [, , , port] = readFileSync(join(cluster, 'pgdata', 'postmaster.pid'), 'utf8').split('\n');
  const password = readFileSync(join(cluster, 'password'), 'utf8').trim();
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
}
