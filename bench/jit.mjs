// Measures what the server's setting of `jit` costs a failure and a cancel: the service sets it itself, so the ratio is
// about 1. The server has to be built with LLVM, as Debian's packages are. Two databases are made on it and removed.
//
//   npm run build && node bench/jit.mjs postgres://postgres@127.0.0.1:5432/postgres [rounds]
import pg from 'pg';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { sleep } from './lib/clock.mjs';
import { Stage } from './lib/stage.mjs';
import { startService } from './lib/service.mjs';
import { median } from './lib/statistics.mjs';

const [server, rounds = '100'] = process.argv.slice(2);
const ROUNDS = Number(rounds);
const HISTORY_BATCHES = 20;
const WIDTH = 500;
const MODES = ['on', 'off'];
const JSON_TYPE = { 'content-type': 'application/json' };

const program = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));
const receiver = createServer((request, response) => request.resume().on('end', () => response.end()));
await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
const admin = new pg.Client({ connectionString: server });
await admin.connect();
const { rows } = await admin.query('SELECT pg_jit_available() AS available');
if (!rows[0].available) console.log('This server cannot compile plans: both columns are without JIT.');
const stage = await Stage.open();
const systems = {};
const times = {};
try {
  for (const mode of MODES) {
    systems[mode] = await startOn(mode);
    times[mode] = { 'PATCH Failure': [], DELETE: [] };
    for (let i = 0; i < HISTORY_BATCHES; i++) await create(systems[mode], WIDTH);
    await inDatabase(mode, 'VACUUM ANALYZE');
  }
  for (let i = 0; i < ROUNDS; i++)
    for (const mode of i % 2 ? MODES : MODES.toReversed()) {
      const failure = JSON.stringify({ status: 'Failure', failure_reason: 'measured' });
      await end(mode, 'PATCH Failure', { method: 'PATCH', body: failure, headers: JSON_TYPE });
      await end(mode, 'DELETE', { method: 'DELETE' });
    }
  for (const what of Object.keys(times.on)) {
    const [on, off] = MODES.map((mode) => median(times[mode][what]));
    console.log(
      `${what}: median ${on.toFixed(1)} ms with jit = on, ${off.toFixed(1)} ms with jit = off, ratio ${(on / off).toFixed(2)}`,
    );
  }
} finally {
  for (const system of Object.values(systems)) await system.stop();
  await stage.close();
  for (const mode of MODES) await admin.query(`DROP DATABASE IF EXISTS ${nameOf(mode)} WITH (FORCE)`);
  await admin.end();
  receiver.close();
}

function nameOf(mode) {
  return `hookline_jit_${mode}`;
}

function urlOf(mode) {
  return Object.assign(new URL(server), { pathname: `/${nameOf(mode)}` }).href;
}

async function inDatabase(mode, text) {
  const client = new pg.Client({ connectionString: urlOf(mode) });
  await client.connect();
  await client.query(text);
  await client.end();
}

async function startOn(mode) {
  await admin.query(`DROP DATABASE IF EXISTS ${nameOf(mode)} WITH (FORCE)`);
  await admin.query(`CREATE DATABASE ${nameOf(mode)}`);
  await admin.query(`ALTER DATABASE ${nameOf(mode)} SET jit = ${mode}`);
  return startService(stage, { label: `jit = ${mode}`, program, env: { DATABASE_URL: urlOf(mode) } });
}

/** Creates one task with children, and answers its id. */
async function create({ urls: [url] }, children) {
  const task = (id, dependencies) => ({
    id,
    name: id,
    kind: 'measured',
    timeout: 3600,
    on_start: { kind: 'Webhook', params: { url: `http://127.0.0.1:${receiver.address().port}/`, verb: 'Post' } },
    dependencies,
  });
  const below = [{ id: 'root', requires_success: true }];
  const tasks = [task('root', []), ...Array.from({ length: children }, (_, i) => task(`child-${i}`, below))];
  const answer = await fetch(`${url}/task`, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(tasks) });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json())[0].id;
}

/** Times the request that ends a running task with three children. */
async function end(mode, what, request) {
  const system = systems[mode];
  const url = `${system.urls[0]}/task/${await create(system, 3)}`;
  while ((await (await fetch(url)).json()).status !== 'Running') await sleep(2);
  const begun = performance.now();
  const answer = await fetch(url, request);
  times[mode][what].push(performance.now() - begun);
  if (!answer.ok) throw new Error(`${what} answered ${answer.status}`);
}
