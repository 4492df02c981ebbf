import { independent, warmUp } from './rounds.mjs';

export default {
  id: 'W1',
  title: 'independent tasks, 1,000 a request, each with a start call and a notification',
  shapes: ['callback', 'at once'],
  async lanes(context) {
    const system = await context.start();
    await warmUp(context, system);
    return [{ system, round: independent(context, system, context.sized(10_000)) }];
  },
};
