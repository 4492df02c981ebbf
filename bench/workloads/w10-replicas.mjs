import { withDatabase } from '../lib/database.mjs';
import { addReplica } from '../lib/service.mjs';
import { independent, warmUp } from './rounds.mjs';

export default {
  id: 'W10',
  title: 'W1 on one replica and on two',
  shapes: ['callback'],
  async lanes(context) {
    const lanes = [];
    for (const note of [undefined, 'two replicas']) {
      const system = await context.start();
      if (note) await addReplica(context.stage, system);
      await warmUp(context, system);
      const round = independent(context, system, context.sized(10_000));
      lanes.push({ system, round, note, remark: () => deadlocks(system) });
    }
    return lanes;
  },
};

async function deadlocks(system) {
  const { rows } = await withDatabase(system, (db) =>
    db.query('SELECT sum(deadlocks)::int AS count FROM pg_stat_database'),
  );
  return `${rows[0].count} deadlocks`;
}
