import { settleTables } from '../lib/database.mjs';
import { largest, percentile } from '../lib/statistics.mjs';
import { independent, warmUp } from './rounds.mjs';

const PER_SECOND = 1000;

export default {
  id: 'W13',
  title: 'W1 alone and beside 1,000,000 delayed tasks, and how late 1,000 due tasks a second start',
  shapes: ['callback'],
  async lanes(context) {
    const lanes = [];
    for (const note of [undefined, 'delayed']) {
      const system = await context.start();
      const count = note ? await fill(context, system) : 0;
      await warmUp(context, system);
      const beside = note && `${count} delayed`;
      lanes.push({ system, round: independent(context, system, context.sized(10_000)), note: beside });
      lanes.push({
        system,
        round: () => lateness(context, system),
        note: `due ones${beside ? ` beside ${beside}` : ''}`,
      });
    }
    return lanes;
  },
};

async function fill({ stage, sized }, system) {
  const tasks = 10_000 * sized(100);
  const from = await stage.expect(tasks);
  await system.driver.call('backlog', { from, tasks, kind: 'delayed' });
  await settleTables(system);
  await system.quiet(120_000);
  return tasks;
}

/** From the time of each task to its start call, in ms. */
async function lateness({ stage, shape, sized }, system) {
  const tasks = sized(10 * PER_SECOND);
  const from = await stage.expect(tasks, { shape, times: true });
  const { dueAt } = await system.driver.call('due', { from, tasks, perSecond: PER_SECOND });
  await stage.until('ends', tasks);
  const { startedAt } = await stage.seen({ starts: tasks, ends: tasks });
  const late = startedAt.map((at, i) => at - dueAt[i]);
  return {
    units: tasks,
    figures: {
      'late, p50 ms': percentile(late, 0.5),
      'late, p99 ms': percentile(late, 0.99),
      'late, most ms': largest(late),
    },
  };
}
