import { warmUp } from './rounds.mjs';

const TASKS = 1002;

export default {
  id: 'W4',
  title: 'one task, then 1,000 side by side, then one',
  shapes: ['callback', 'at once'],
  async lanes(context) {
    const system = await context.start();
    await warmUp(context, system);
    const round = () => fan(context, system);
    await round();
    return [{ system, round }];
  },
};

async function fan({ stage, shape }, system) {
  const from = await stage.expect(TASKS, { shape, times: true });
  const { begun } = await system.driver.call('fan', { from, tasks: TASKS });
  await stage.until('ends', TASKS);
  const { lastEnd, startedAt } = await stage.seen({ starts: TASKS, ends: TASKS });
  const [source, sink] = [startedAt[0], startedAt.at(-1)];
  if (startedAt.slice(1, -1).some((at) => at < source || at > sink)) throw new Error('tasks were started out of order');
  return { units: TASKS, figures: { seconds: (lastEnd - begun) / 1000 } };
}
