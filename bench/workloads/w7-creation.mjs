import { settleTables } from '../lib/database.mjs';
import { median } from '../lib/statistics.mjs';

const SMALL_REQUESTS = 3;

export default {
  id: 'W7',
  title: 'creation alone: until all of the answer has come',
  shapes: ['callback'],
  async lanes(context) {
    // Nobody starts anything.
    const system = await context.start({ env: { WORKER_ENABLED: '0' } });
    const lanes = [];
    for (const how of ['plain', 'dependencies', 'dedupe']) {
      const round = () => create(context, system, how);
      await round();
      // The planner knows nothing of tables that were empty a second ago, and would be measured instead.
      await settleTables(system);
      lanes.push({ system, round, note: how });
    }
    return lanes;
  },
};

async function create({ stage, sized }, system, how) {
  const [few, many] = [sized(1000), sized(10_000)];
  const single = async (tasks) =>
    (await system.driver.call('single', { from: await stage.expect(tasks), tasks, how })).ms;
  const small = [];
  for (let i = 0; i < SMALL_REQUESTS; i++) small.push(await single(few));
  return {
    units: SMALL_REQUESTS * few + many,
    figures: { [`${few} a request, ms`]: median(small), [`${many} a request, ms`]: await single(many) },
  };
}
