import { withDatabase } from '../lib/database.mjs';
import { databaseMs, statements } from '../lib/metrics.mjs';
import { median } from '../lib/statistics.mjs';
import { fillHistory } from './history.mjs';
import { independent, warmUp } from './rounds.mjs';

const TIMES = 5;

export default {
  id: 'W9',
  title: 'lists and statistics beside 1,000,000 ended tasks, and W1 there',
  shapes: ['callback'],
  async lanes(context) {
    const system = await context.start();
    const tasks = 10_000 * context.sized(100); // Whole pages, whatever the size.
    const examples = await withDatabase(system, (db) => fillHistory(db, tasks));
    await system.quiet(120_000);
    await warmUp(context, system);
    const paths = pathsOf(tasks, examples);
    const round = async () => ({ units: paths.length * TIMES, figures: await pages(system, paths) });
    await round();
    return [
      { system, round, note: `${tasks} tasks` },
      { system, round: () => work(context, system), note: 'W1 beside them' },
    ];
  },
};

const pathsOf = (tasks, { batch, task }) => [
  `/task/${task}`,
  '/task',
  `/task?page=${tasks / 1000}&page_size=100`,
  '/task?status=Failure',
  '/task?status=Running',
  '/task?kind=kind-7',
  `/task?name=Task%20${tasks / 2}`,
  `/task?metadata={"number":${tasks / 2}}`,
  `/task?batch_id=${batch}`,
  '/batches',
  `/batches?page=${tasks / 10_000}`,
  '/batches?scope=scope-7',
  '/batches?kind=kind-7&status=Success',
  '/batches?search=scope-77',
  '/batches?search=nothing-like-that',
  `/batch/${batch}`,
  `/dag/${batch}`,
  '/webhook-deliveries',
  '/webhook-deliveries?status=pending',
  '/webhook-deliveries?status=exhausted',
  `/webhook-deliveries?task_id=${task}`,
];

/** Median time of each page in ms. */
async function pages(system, paths) {
  const figures = {};
  for (const path of paths)
    figures[`${path.replace(/[0-9a-f-]{36}/, '…')}, ms`] = median(
      await system.driver.call('page', { path, times: TIMES }),
    );
  return figures;
}

/** W1, and what a claim took in it: that must not depend on how much has ended before. */
async function work(context, system) {
  const claims = /claim-/;
  const before = [await databaseMs(system.urls, claims), await statements(system.urls, claims)];
  const { units, figures } = await independent(context, system, context.sized(10_000))();
  const ms = (await databaseMs(system.urls, claims)) - before[0];
  const count = (await statements(system.urls, claims)) - before[1];
  return { units, figures: { ...figures, ...(count > 0 && { 'a claim, ms': ms / count }) } };
}
