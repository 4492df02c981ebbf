import { independent, warmUp } from './rounds.mjs';

export default {
  id: 'W14',
  title: 'W1 where no start is refused, and where every tenth is refused once and retried without delay',
  shapes: ['callback'],
  async lanes(context) {
    const lanes = [];
    for (const variant of ['plain', 'refused']) {
      const system = await context.start();
      await warmUp(context, system, variant);
      const round = independent(context, system, context.sized(10_000), variant);
      lanes.push({ system, round, note: variant === 'plain' ? undefined : 'every tenth refused' });
    }
    return lanes;
  },
};
