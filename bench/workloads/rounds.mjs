// Rounds that several workloads are made of. A round answers how many tasks its CPU and database time are for, and the
// figures it measured.

const WARM_UP_TASKS = 3000;

/** W1: so many independent tasks through their whole life, 1,000 a request. */
export const independent =
  ({ stage, shape }, system, tasks, variant) =>
  async () => {
    const from = await stage.expect(tasks, { shape });
    const { begun } = await system.driver.call('batch', { from, tasks, variant });
    await stage.until('ends', tasks);
    const { lastEnd } = await stage.seen({ starts: tasks, ends: tasks });
    return { units: tasks, figures: { 'tasks/s': (1000 * tasks) / (lastEnd - begun) } };
  };

/** What compilers, plans and caches need before a measurement. */
export const warmUp = (context, system, variant) =>
  independent(context, system, Math.min(WARM_UP_TASKS, context.sized(WARM_UP_TASKS)), variant)();
