import { settleTables } from '../lib/database.mjs';
import { independent, warmUp } from './rounds.mjs';

const PER_REQUEST = 10_000;

export default {
  id: 'W5',
  title: 'W1 alone, and beside 200,000 tasks that cannot run',
  shapes: ['callback', 'at once'],
  async lanes(context) {
    const lanes = [];
    for (const backlog of [undefined, 'waiting', 'blocked']) {
      const system = await context.start();
      const count = backlog ? await fill(context, system, backlog) : 0;
      await warmUp(context, system);
      const round = independent(context, system, context.sized(10_000));
      lanes.push({ system, round, note: backlog && `${count} ${backlog}` });
    }
    return lanes;
  },
};

async function fill({ stage, sized }, system, kind) {
  const tasks = sized(200_000);
  const held = kind === 'waiting' ? Math.ceil(tasks / PER_REQUEST) : 1;
  const from = await stage.expect(tasks);
  await system.driver.call('backlog', { from, tasks, kind, perRequest: PER_REQUEST });
  await stage.until('holds', held);
  await settleTables(system);
  await system.quiet(120_000);
  await stage.seen({ holds: held });
  return tasks;
}
