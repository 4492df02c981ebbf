import { now, sleep } from '../lib/clock.mjs';
import { withDatabase } from '../lib/database.mjs';
import { databaseMs, statements, total } from '../lib/metrics.mjs';
import { cores, cpuOf, machineBusyMs, residentMiB } from '../lib/processes.mjs';
import { Stage } from '../lib/stage.mjs';
import { ageQuickly } from './ageing.mjs';
import { independent, warmUp } from './rounds.mjs';

const PER_REQUEST = 100;
const CLAIMS = /claim-/;
const TABLES = ['task', 'task_definition', 'outbox', 'delivery', 'batch'];

/**
 * W12: W1 at half speed for long, with retention, and for a sixth of the time, from two thirds on, beside a transaction
 * that is left open. Prints a line a minute; all of them should be alike but for those in which the transaction keeps
 * PostgreSQL from cleaning up, and those after it should come back to the ones before.
 */
export async function endurance(entrant, options, onInterrupt) {
  const stage = await Stage.open();
  const minutes = Math.min(10, options.minutes / 6);
  const env = { RETENTION_ENABLED: '1', RETENTION_DAYS: '1', RETENTION_CLEANUP_INTERVAL_SECS: '10' };
  const system = await entrant.start(stage, { env });
  const stop = async () => {
    await system.stop();
    await stage.close();
  };
  onInterrupt(stop);
  try {
    const perSecond = await halfSpeed({ stage, shape: options.shapes[0], sized: (count) => count }, system);
    await withDatabase(system, (db) => ageQuickly(db, 60 * minutes));
    console.log(
      `\nW12: ${options.minutes} minutes, ${perSecond} tasks/s, tasks removed ${minutes.toFixed(1)} minutes after they end\n`,
    );
    await run({ stage, system, perSecond, minutes, options });
  } finally {
    onInterrupt(undefined);
    await stop();
  }
}

async function halfSpeed(context, system) {
  await warmUp(context, system);
  const { figures } = await independent(context, system, 10_000)();
  return PER_REQUEST * Math.max(1, Math.round(figures['tasks/s'] / 2 / PER_REQUEST));
}

async function run({ stage, system, perSecond, minutes, options }) {
  const totalMs = options.minutes * 60_000;
  const every = Math.min(60_000, totalMs / 12);
  const tasks = PER_REQUEST * Math.floor((perSecond * totalMs) / 1000 / PER_REQUEST);
  const from = await stage.expect(tasks, { shape: options.shapes[0] });
  let isOver = false;
  const stream = system.driver
    .call('stream', { from, tasks, perRequest: PER_REQUEST, perSecond })
    .finally(() => (isOver = true));
  const holding = openTransaction(system, (totalMs * 2) / 3, minutes * 60_000, () => isOver);
  const watching = watch({ stage, system, every, holding, isOver: () => isOver });
  const [{ longestMs }] = await Promise.all([stream, watching, holding.end]);
  await stage.until('ends', tasks);
  await stage.seen({ starts: tasks, ends: tasks });
  if (system.complaints.length > 0) throw new Error(`logged: ${system.complaints.join(' | ')}`);
  console.log(`\n${tasks} tasks, none lost or doubled; longest create call ${longestMs.toFixed(0)} ms`);
}

/** A transaction like a forgotten one in somebody's console: it has seen something, and has changed nothing. */
function openTransaction(system, afterMs, forMs, isOver) {
  const state = { isOpen: false };
  const pause = async (ms) => {
    for (const end = now() + ms; now() < end && !isOver();) await sleep(Math.min(500, Math.max(1, end - now())));
  };
  state.end = (async () => {
    await pause(afterMs);
    await withDatabase(system, async (db) => {
      await db.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await db.query('SELECT count(*) FROM (SELECT FROM task LIMIT 1) t');
      state.isOpen = true;
      await pause(forMs);
      await db.query('COMMIT');
      state.isOpen = false;
    });
  })();
  return state;
}

async function watch({ stage, system, every, holding, isOver }) {
  const begun = now();
  let before = await readings(stage, system);
  console.log(
    '| minute | tasks/s | claim ms | statements ms/s | dead rows | tables MiB | indexes MiB | removed | MiB | others % | note |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|---|---|');
  while (!isOver()) {
    await sleep(every);
    const current = await readings(stage, system);
    const passed = (what) => current[what] - before[what];
    const cells = [
      ((now() - begun) / 60_000).toFixed(1),
      ((1000 * passed('ends')) / passed('at')).toFixed(0),
      (passed('claimMs') / (passed('claims') || 1)).toFixed(2),
      ((1000 * passed('databaseMs')) / passed('at')).toFixed(0),
      current.dead,
      current.tables.toFixed(0),
      current.indexes.toFixed(0),
      passed('removed'),
      current.memory.toFixed(0),
      Math.max(0, (100 * (passed('busy') - passed('own'))) / passed('at') / cores).toFixed(0),
      holding.isOpen ? 'beside an open transaction' : '',
    ];
    console.log(`| ${cells.join(' | ')} |`);
    before = current;
  }
}

async function readings(stage, system) {
  const { urls } = system;
  const { ends } = await stage.receiver.call('report');
  const { rows } = await withDatabase(system, (db) =>
    db.query(
      `SELECT sum(n_dead_tup)::int AS dead, sum(pg_table_size(relid))::float8 / 1048576 AS tables,
              sum(pg_indexes_size(relid))::float8 / 1048576 AS indexes
       FROM pg_stat_user_tables WHERE relname = ANY ($1)`,
      [TABLES],
    ),
  );
  const own = cpuOf([process.pid]);
  return {
    at: now(),
    busy: machineBusyMs(),
    own: own.app + own.store,
    ends,
    ...rows[0],
    claimMs: await databaseMs(urls, CLAIMS),
    claims: await statements(urls, CLAIMS),
    databaseMs: await databaseMs(urls),
    removed: await total(urls, 'hookline_retention_removed_total', /tasks/),
    memory: residentMiB(system.apps[0].pid),
  };
}
