import { independent, warmUp } from './rounds.mjs';

export default {
  id: 'W11',
  title: 'W1 without rules, and with one: 20 keys, limit 50 each',
  shapes: ['callback'],
  async lanes(context) {
    const lanes = [];
    for (const variant of ['plain', 'concurrency', 'capacity']) {
      const system = await context.start();
      await warmUp(context, system, variant);
      const round = independent(context, system, context.sized(10_000), variant);
      lanes.push({ system, round, note: variant === 'plain' ? undefined : `a ${variant} rule` });
    }
    return lanes;
  },
};
