import { independent, warmUp } from './rounds.mjs';

export default {
  id: 'W15',
  title: 'W1 call by call, and in groups of 100: start calls, bulk reports, notifications',
  shapes: ['callback'],
  async lanes(context) {
    const lanes = [];
    for (const variant of ['plain', 'grouped']) {
      const system = await context.start();
      await warmUp(context, system, variant);
      const round = independent(context, system, context.sized(10_000), variant);
      lanes.push({ system, round, note: variant === 'plain' ? undefined : 'groups of 100' });
      // The peers have no groups: they take part as what both lanes are compared with.
      if (system.urls.length === 0) break;
    }
    return lanes;
  },
};
