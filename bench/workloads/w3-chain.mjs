import { warmUp } from './rounds.mjs';

const TASKS = 200;

export default {
  id: 'W3',
  title: 'a chain of 200',
  shapes: ['callback', 'at once'],
  async lanes(context) {
    const system = await context.start();
    await warmUp(context, system);
    const round = () => chain(context, system);
    await round();
    return [{ system, round }];
  },
};

async function chain({ stage, shape }, system) {
  const from = await stage.expect(TASKS, { shape, times: true });
  await system.driver.call('chain', { from, tasks: TASKS });
  await stage.until('ends', TASKS);
  const { startedAt } = await stage.seen({ starts: TASKS, ends: TASKS });
  if (startedAt.some((at, i) => at < startedAt[i - 1])) throw new Error('a task was started before the one it needs');
  return { units: TASKS, figures: { 'ms an edge': (startedAt.at(-1) - startedAt[0]) / (TASKS - 1) } };
}
