import { warmUp } from './rounds.mjs';

const PER_SECOND = 200;

export default {
  id: 'W16',
  title: 'a graph of 10,000 tasks whose root failed is rerun, while other results are reported 200 times a second',
  shapes: ['callback'],
  async lanes(context) {
    const system = await context.start();
    await warmUp(context, system);
    return ['wide', 'deep'].map((form) => ({ system, round: () => rerun(context, system, form), note: form }));
  },
};

async function rerun({ stage, sized }, system, form) {
  const tasks = Math.max(2, sized(10_000));
  const others = Math.max(PER_SECOND, sized(1000));
  const from = await stage.expect(tasks + others);
  const { batch } = await system.driver.call('tree', { from, descendants: tasks - 1, form });
  await system.driver.call('hold', { from: from + tasks, tasks: others });
  await stage.until('holds', 1 + others);
  const [root, ...rest] = await stage.receiver.call('handles');
  await system.quiet();
  const outcome = await system.driver.call('rerun', { root, batch, others: rest, perSecond: PER_SECOND });
  if (outcome.tasks !== tasks) throw new Error(`${outcome.tasks} tasks run again instead of ${tasks}`);
  // The root is started again.
  await stage.until('holds', 2 + others);
  await stage.seen({ holds: 2 + others });
  const { status_counts: counts } = await system.driver.call('get', { path: `/batch/${batch}` });
  if (counts.waiting !== tasks - 1) throw new Error(`${counts.waiting} tasks wait again instead of ${tasks - 1}`);
  return {
    units: tasks,
    figures: { seconds: outcome.ms / 1000, 'longest wait of another report, ms': outcome.longestMs },
  };
}
