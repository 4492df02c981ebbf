// What receivers tell the service: increments at a high rate, and a result that many tasks depend on.
import { now, sleep } from '../lib/clock.mjs';
import { paced } from '../lib/paced.mjs';
import { largest, percentile } from '../lib/statistics.mjs';
import { heldTask, needs, numbers, rerunTask } from './tasks.mjs';

const pathOf = (handle) => handle.slice(handle.indexOf('/', 8));
const INCREMENT = '{"new_success":1}';
const SUCCESS = '{"status":"Success"}';
const FAILURE = '{"status":"Failure","failure_reason":"It was to fail"}';
const LEVELS = 10;

export const reports = (aim) => ({
  /** Increments on the tasks in turn, from so many connections that each wait for the answer before the next one. */
  async count({ handles, connections, increments }) {
    const [{ pool }] = aim.services;
    const paths = handles.map(pathOf);
    const headers = { 'content-type': 'application/json' };
    const waited = new Array(increments);
    let sent = 0;
    const begun = now();
    const connection = async () => {
      while (sent < increments) {
        const i = sent++;
        const at = now();
        const path = paths[i % paths.length];
        const { statusCode, body } = await pool.request({ method: 'PUT', path, headers, body: INCREMENT });
        await body.dump();
        if (statusCode !== 202) throw new Error(`PUT was answered ${statusCode}`);
        waited[i] = now() - at;
      }
    };
    await Promise.all(Array.from({ length: connections }, connection));
    return { ms: now() - begun, p99: percentile(waited, 0.99) };
  },

  /**
   * A held root and so many tasks below it that all require success: all its children (`wide`), or ten children for
   * each on three levels and the rest shared out below those (`deep`). The root may be started again.
   */
  async tree({ from, descendants, form }) {
    const parentOf = { wide: () => from, deep: (i) => from + deepParent(i) }[form];
    const below = numbers(from + 1, descendants).map((number, i) =>
      heldTask(aim.receiver, number, needs(parentOf(i + 1))),
    );
    return { batch: await aim.services[0].create(JSON.stringify([rerunTask(aim.receiver, from), ...below])) };
  },

  /** Fails the root while other tasks are reported. */
  fail: ({ root, others, perSecond }) =>
    besideReports(aim, { others, perSecond }, (service) => service.ask('PATCH', pathOf(root), FAILURE)),

  /** Fails the root, and reruns its batch while other tasks are reported. Answers how many tasks run again. */
  async rerun({ root, batch, others, perSecond }) {
    await aim.services[0].ask('PATCH', pathOf(root), FAILURE);
    let rerun;
    const outcome = await besideReports(aim, { others, perSecond }, async (service) => {
      rerun = await service.ask('POST', `/batch/${batch}/rerun`);
    });
    return { ...outcome, tasks: JSON.parse(rerun.text).tasks.length };
  },
});

/** Measures a request while other tasks are reported at a steady rate, from half a second before to half a second after. */
async function besideReports({ services: [service] }, { others, perSecond }, request) {
  let over = false;
  const report = (i) => service.ask('PATCH', pathOf(others[i]), SUCCESS);
  const steady = paced(others.length, perSecond, report, () => over);
  await sleep(500);
  const at = now();
  await request(service);
  const ms = now() - at;
  await sleep(500);
  over = true;
  const { begun, ended } = await steady;
  return { ms, reported: begun.length, longestMs: largest(ended.map((end, i) => end - begun[i])) };
}

/** Place of the parent of the `i`th task of a tree with three full levels; the root is 0. */
function deepParent(i) {
  const full = LEVELS + LEVELS ** 2 + LEVELS ** 3;
  if (i <= full) return Math.floor((i - 1) / LEVELS);
  return full - LEVELS ** 3 + 1 + (i % LEVELS ** 3);
}
