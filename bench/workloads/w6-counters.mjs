import { warmUp } from './rounds.mjs';

const CONNECTIONS = 50;

export default {
  id: 'W6',
  title: 'progress: PUTs from 50 connections',
  shapes: ['callback'],
  async lanes(context) {
    const system = await context.start();
    await warmUp(context, system);
    const lanes = [];
    for (const tasks of [20, 2000]) {
      const targets = await hold(context, system, tasks);
      const round = (increments) => count(context, system, targets, increments);
      await round(context.sized(5000));
      lanes.push({ system, round: () => round(context.sized(50_000)), note: `on ${tasks} tasks` });
    }
    return lanes;
  },
};

async function hold({ stage }, system, tasks) {
  const from = await stage.expect(tasks);
  const { batches } = await system.driver.call('hold', { from, tasks });
  await stage.until('holds', tasks);
  return { batches, handles: await stage.receiver.call('handles') };
}

async function count({ stage }, system, { batches, handles }, increments) {
  await stage.expect(0);
  const before = await counted(system, batches);
  const { ms, p99 } = await system.driver.call('count', { handles, connections: CONNECTIONS, increments });
  // Each was answered, so each must have been written.
  const sum = (await counted(system, batches)) - before;
  if (sum !== increments) throw new Error(`${sum} increments were counted instead of ${increments}`);
  return { units: increments, figures: { 'increments/s': (1000 * increments) / ms, 'answer p99, ms': p99 } };
}

async function counted(system, batches) {
  let sum = 0;
  for (const batch of batches) sum += (await system.driver.call('get', { path: `/batch/${batch}` })).total_success;
  return sum;
}
