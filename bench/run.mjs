// Measures the service, and beside it other versions, job queues and what HTTP alone costs. See README.md.
import { writeFileSync } from 'node:fs';
import { entrants } from './lib/entrants.mjs';
import { readOptions, USAGE } from './lib/options.mjs';
import { cores } from './lib/processes.mjs';
import { printTable } from './lib/report.mjs';
import { runWorkload } from './lib/runner.mjs';
import { endurance } from './workloads/w12-endurance.mjs';
import { workloads } from './workloads/index.mjs';

let stop;
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    console.error('Stopping');
    void Promise.resolve(stop?.()).finally(() => process.exit(130));
  });
const onInterrupt = (work) => (stop = work);

const options = settings();
if (options.help) console.log(USAGE);
else await measure();

function settings() {
  try {
    return readOptions(process.argv.slice(2), [...workloads.map(({ id }) => id), 'W12']);
  } catch (error) {
    console.error(`${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
}

async function measure() {
  const all = await entrants(options);
  const records = [];
  for (const workload of workloads.filter(({ id }) => options.only.includes(id))) {
    const measured = await runWorkload(workload, all, options, onInterrupt);
    printTable(workload, measured);
    records.push(...measured);
    save(records);
  }
  if (options.only.includes('W12')) await endurance(all[0], options, onInterrupt);
  if (records.some(({ failure }) => failure)) process.exitCode = 1;
}

/** After each workload: a run takes long, and what it has measured so far should not depend on its end. */
function save(records) {
  if (!options.json) return;
  const machine = { cores, node: process.version, at: new Date().toISOString() };
  writeFileSync(options.json, JSON.stringify({ ...machine, arguments: process.argv.slice(2), records }, null, 2));
}
