/**
 * The demo: starts the service and a receiver, posts the example graphs, shows their progress, repairs the receiver and
 * reruns what had failed, and stops everything. Exits with 0 if every task ended as expected, every due call arrived and the
 * results are right, else with 1.
 *
 *   npm run demo             ends by itself
 *   npm run demo -- --stay   keeps the service up until Ctrl-C
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  addReasons,
  call,
  endedAsExpected,
  hasEnded,
  notificationsDue,
  postGraph,
  refresh,
  rerun,
  resultOf,
  startsDue,
} from './demo/batches.mjs';
import { freePorts, Interrupted, Stage } from './demo/stage.mjs';
import { printTable } from './demo/table.mjs';
import { paint, progressBoard } from './demo/terminal.mjs';

const GROWING = 'Map and reduce';
const BROKEN = 'Broken invoices';
const RUN_LIMIT_MS = 120_000;
const NOTIFY_LIMIT_MS = 15_000;
const POLL_INTERVAL_MS = 200;

const pathTo = (relative) => fileURLToPath(new URL(`../${relative}`, import.meta.url));
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const secondsSince = (begin) => ((performance.now() - begin) / 1000).toFixed(1);

/** Starts the service on the database of the environment, or on an embedded one in the stage's folder. */
async function startService(stage, port) {
  const begin = performance.now();
  const url = `http://127.0.0.1:${port}`;
  // The receiver is on this machine, which a service in production would refuse to call.
  const env = { NODE_ENV: 'development', SKIP_SSRF_VALIDATION: '1', PORT: String(port), HOST_URL: url, AUTH_TOKEN: '' };
  const { DATABASE_URL, EMBEDDED_DATA_DIR } = process.env;
  if (!DATABASE_URL) env.EMBEDDED_DATA_DIR = EMBEDDED_DATA_DIR || join(stage.folder, 'data');
  await stage.start('service', pathTo('dist/src/main.js'), env, `${url}/health`);
  const database = DATABASE_URL ? 'the database of DATABASE_URL' : 'an embedded PostgreSQL';
  console.log(`  service   ${url}, on ${database}, healthy after ${secondsSince(begin)} s`);
  return url;
}

async function startReceiver(stage, port) {
  const url = `http://127.0.0.1:${port}`;
  await stage.start(
    'receiver',
    pathTo('examples/receiver.mjs'),
    { HOST: '127.0.0.1', PORT: String(port), VERBOSE: '1' },
    url,
  );
  console.log(`  receiver  ${url}`);
  return url;
}

async function postExamples(service, receiver) {
  const batches = await Promise.all([
    postGraph(service, receiver, 'Release pipeline', pathTo('examples/release-pipeline.json')),
    postGraph(service, receiver, 'Nightly import', pathTo('examples/nightly-import.json')),
    postGraph(service, receiver, GROWING, pathTo('examples/map-reduce.json')),
    postGraph(service, receiver, BROKEN, pathTo('examples/broken-invoices.json')),
  ]);
  for (const { title, id, tasks } of batches) console.log(`  posted    ${title}: ${tasks.length} tasks, batch ${id}`);
  return batches;
}

/**
 * Shows the batches until all of their tasks have ended, or the time limit is reached. When a broken one has ended, repairs
 * the receiver and reruns it.
 */
async function follow(stage, { service, receiver, batches }) {
  const deadline = performance.now() + RUN_LIMIT_MS;
  const show = progressBoard();
  for (;;) {
    await stage.guard(Promise.all(batches.map((batch) => refresh(service, batch))));
    show(batches);
    const broken = batches.find(({ title, rerun, tasks }) => title === BROKEN && !rerun && tasks.every(hasEnded));
    if (broken) broken.rerun = await stage.guard(fixAndRerun(service, receiver, broken));
    if (batches.every(({ tasks }) => tasks.every(hasEnded))) return;
    if (performance.now() > deadline) return console.log(`Not every task ended within ${RUN_LIMIT_MS / 1000} s.`);
    await stage.guard(sleep(POLL_INTERVAL_MS));
  }
}

/** Repairs the receiver and reruns what failed; returns the number of tasks. */
async function fixAndRerun(service, receiver, batch) {
  await call(`${receiver}/fix`, { method: 'POST' });
  return rerun(service, batch);
}

/** Prints what grew and what was rerun; returns whether the results are right. */
async function printOutcomes(service, batches) {
  const [grown, broken] = [GROWING, BROKEN].map((title) => batches.find((batch) => batch.title === title));
  const added = grown.tasks.length - grown.written.size;
  const sum = await resultOf(service, grown, 'reduce');
  console.log(`\n${GROWING}: added ${added} tasks while it ran; the result is ${JSON.stringify(sum)}.`);
  console.log(`${BROKEN}: failed; after the repair, ${broken.rerun} of ${broken.tasks.length} tasks were rerun.`);
  return sum?.files === added && broken.rerun === 2;
}

/** Waits for the due notifications, or the time limit; returns the receiver's counts of calls. */
async function collectTally(stage, receiver, due) {
  const deadline = performance.now() + NOTIFY_LIMIT_MS;
  for (;;) {
    const { body: tally } = await stage.guard(call(receiver));
    if (tally.notified >= due || performance.now() > deadline) return tally;
    await stage.guard(sleep(POLL_INTERVAL_MS));
  }
}

/** Runs the example graphs and prints the results; returns the batches and whether all ended as expected. */
async function run(stage, service, receiver) {
  const begin = performance.now();
  const batches = await stage.guard(postExamples(service, receiver));
  console.log();
  await follow(stage, { service, receiver, batches });
  const took = secondsSince(begin);
  const due = sum(batches.map(notificationsDue));
  const tally = await collectTally(stage, receiver, due);
  await stage.guard(Promise.all(batches.map((batch) => addReasons(service, batch))));
  printTable(batches);
  const isRight = await stage.guard(printOutcomes(service, batches));

  const total = sum(batches.map(({ tasks }) => tasks.length));
  const right = sum(batches.map((batch) => batch.tasks.filter((task) => endedAsExpected(batch, task)).length));
  const starts = sum(batches.map(startsDue));
  const ok = isRight && right === total && tally.started === starts && tally.notified === due;
  console.log(`\n${paint(ok ? 'green' : 'red', `${right} of ${total} tasks ended as expected, in ${took} s.`)}`);
  const { started, canceled, notified, repeated } = tally;
  console.log(
    `Calls to the receiver: start ${started} of ${starts}, cancel ${canceled}, end ${notified} of ${due}; repeated ${repeated}.`,
  );
  return { batches, ok };
}

function printWhereNext(service, batches, folder, stay) {
  const url = stay ? service : 'http://localhost:8085';
  const places = [
    [`${url}/view`, 'the page: what is running, and why something is not'],
    [`${url}/swagger-ui/`, 'the API explorer: read and try every call'],
    [`${url}/health`, 'the health of the service'],
    [`curl -s '${url}/task?page_size=20'`, 'its tasks, newest first'],
  ];
  if (stay) {
    places.push(...batches.map(({ title, id }) => [`${url}/view?batch=${id}`, `the graph: ${title}`]));
    places.push([folder, 'the logs, while the demo runs']);
  } else {
    places.unshift(['npm run demo -- --stay', 'the demo again, with the service staying up']);
    places.splice(1, 0, ['npm start', 'the service alone; then:']);
  }
  places.push(['examples/README.md', 'the graphs and the receiver, to start from']);
  const width = Math.max(...places.map(([place]) => place.length));
  console.log(`\n${paint('bold', 'Where to look next')}`);
  for (const [place, what] of places) console.log(`  ${place.padEnd(width)}  ${what}`);
}

/** Runs the demo; returns the exit code. */
async function perform(stage, stay) {
  console.log(paint('bold', 'Hookline: the demo'));
  const [servicePort, receiverPort] = await freePorts(2);
  const service = await startService(stage, process.env.PORT || servicePort);
  const receiver = await startReceiver(stage, receiverPort);
  const { batches, ok } = await run(stage, service, receiver);
  if (!ok) console.error(`\n${stage.logTails()}`);
  printWhereNext(service, batches, stage.folder, stay);
  if (stay) {
    console.log('\nThe service stays up. Ctrl-C stops it.');
    await stage.guard().catch(expectInterruption);
  }
  return ok ? 0 : 1;
}

/** Ignores an interruption, which is the expected end with `--stay`. */
function expectInterruption(error) {
  if (!(error instanceof Interrupted)) throw error;
}

const stage = new Stage();
try {
  const { values: options } = parseArgs({ options: { stay: { type: 'boolean', default: false } } });
  process.exitCode = await perform(stage, options.stay);
} catch (error) {
  if (error instanceof Interrupted) {
    console.error('\nStopping.');
    process.exitCode = error.exitCode;
  } else {
    console.error(`\n${paint('red', `The demo failed: ${error.message}`)}\n\n${stage.logTails()}`);
    process.exitCode = 1;
  }
} finally {
  await stage.close();
}
// Interrupted waits may still have timers.
process.exit();
