import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { within } from './clock.mjs';
import { startService } from './service.mjs';
import { Stage } from './stage.mjs';

const HERE = fileURLToPath(new URL('../..', import.meta.url));
const FLOOR = fileURLToPath(new URL('../floor/http-only.mjs', import.meta.url));
const PLAIN = ['W1', 'W2', 'W3', 'W4'];
const PROBE_MS = 5000;

/** Who takes part: this service, another version of it, the floor, the peers. */
export async function entrants({ shapes, against, floor, peers, peersDir }) {
  const all = [service('service', HERE)];
  if (against) all.push(service(labelOf(resolve(against)), resolve(against)));
  if (shapes.includes('at once')) for (const entrant of all) await findShapes(entrant);
  if (floor || peers) all.push(withoutStore());
  if (peers) all.push(...(await (await import('../peers/entrants.mjs')).peerEntrants(peersDir)));
  return all;
}

function service(label, checkout) {
  const program = join(checkout, 'dist/src/main.js');
  if (!existsSync(program)) throw new Error(`${program} is missing: build that checkout first`);
  return {
    label,
    shapes: ['callback'],
    takesPart: () => true,
    start: (stage, options) => startService(stage, { label, program, ...options }),
  };
}

/** The folder's commit, by which a version is remembered longer than by the folder's name. */
function labelOf(checkout) {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: checkout, encoding: 'utf8' }).trim();
  } catch {
    return checkout;
  }
}

const withoutStore = () => ({
  label: 'HTTP alone',
  shapes: ['callback', 'at once'],
  takesPart: (workload) => PLAIN.includes(workload),
  start: (stage, options) => startService(stage, { label: 'HTTP alone', program: FLOOR, ...options }),
});

/** Finds out whether the service takes a result from the answer to a start call: older versions wait for a report. */
async function findShapes(entrant) {
  const stage = await Stage.open();
  const system = await entrant.start(stage, {});
  try {
    const from = await stage.expect(1, { shape: 'at once' });
    await system.driver.call('batch', { from, tasks: 1 });
    await within(PROBE_MS, 'the probe', stage.until('ends', 1));
    entrant.shapes.push('at once');
  } catch {
    console.error(`${entrant.label}: does not take a result from the answer to a start call; callback only`);
  } finally {
    await system.stop();
    await stage.close();
  }
}
