import { warmUp } from './rounds.mjs';

const PER_SECOND = 200;

export default {
  id: 'W8',
  title: 'a root fails, and 10,000 descendants with it, while other results are reported 200 times a second',
  shapes: ['callback'],
  async lanes(context) {
    const system = await context.start({ env: { MAX_TASKS_PER_BATCH: '20000' } });
    await warmUp(context, system);
    return ['wide', 'deep'].map((form) => ({ system, round: () => fail(context, system, form), note: form }));
  },
};

async function fail({ stage, sized }, system, form) {
  const [descendants, others] = [sized(10_000), Math.max(PER_SECOND, sized(1000))];
  const from = await stage.expect(1 + descendants + others);
  const { batch } = await system.driver.call('tree', { from, descendants, form });
  const held = await system.driver.call('hold', { from: from + 1 + descendants, tasks: others });
  await stage.until('holds', 1 + others);
  const [root, ...rest] = await stage.receiver.call('handles');
  await system.quiet();
  const outcome = await system.driver.call('fail', { root, others: rest, perSecond: PER_SECOND });
  await stage.seen({ holds: 1 + others });
  await check(system, [batch], 'failure', 1 + descendants);
  await check(system, held.batches, 'success', outcome.reported);
  return {
    units: descendants,
    figures: { seconds: outcome.ms / 1000, 'longest wait of another report, ms': outcome.longestMs },
  };
}

async function check(system, batches, status, wanted) {
  let found = 0;
  for (const batch of batches)
    found += (await system.driver.call('get', { path: `/batch/${batch}` })).status_counts[status];
  if (found !== wanted) throw new Error(`${found} tasks ended in ${status} instead of ${wanted}`);
}
