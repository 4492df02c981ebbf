import { percentile } from '../lib/statistics.mjs';
import { warmUp } from './rounds.mjs';

const PER_SECOND = 100;
const LEAST_TASKS = 10 * PER_SECOND;

export default {
  id: 'W2',
  title: '100 tasks a second, one a request: from the create call to the start call',
  shapes: ['callback', 'at once'],
  async lanes(context) {
    const system = await context.start();
    await warmUp(context, system);
    const tasks = Math.max(LEAST_TASKS, context.sized(2 * LEAST_TASKS));
    await latency(context, system, PER_SECOND);
    return [{ system, round: () => latency(context, system, tasks) }];
  },
};

async function latency({ stage, shape }, system, tasks) {
  const from = await stage.expect(tasks, { shape, times: true });
  const { begun, ended } = await system.driver.call('paced', { from, tasks, perSecond: PER_SECOND });
  await stage.until('ends', tasks);
  const { startedAt } = await stage.seen({ starts: tasks, ends: tasks });
  const since = (times) => startedAt.map((at, i) => at - times[i]);
  return {
    units: tasks,
    figures: {
      'from its answer, p50 ms': percentile(since(ended), 0.5),
      'from its answer, p99 ms': percentile(since(ended), 0.99),
      'from its beginning, p50 ms': percentile(since(begun), 0.5),
      'from its beginning, p99 ms': percentile(since(begun), 0.99),
    },
  };
}
