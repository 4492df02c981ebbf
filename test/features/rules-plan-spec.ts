import { otherUsage } from '../../src/rules/sql/usage';
import { useConnectedDatabase } from '../support/fixture';
import { preparePlan } from '../support/plan';

const KINDS = 5000;

describe('The usage of a rule that counts tasks in another status than Running', () => {
  const database = useConnectedDatabase();
  beforeAll(async () => {
    await database.client.query(
      `INSERT INTO task (id, batch_id, status, timeout_secs, kind)
       SELECT gen_random_uuid(), gen_random_uuid(), 'Pending', 60, 'kind-' || n FROM generate_series(1, $1) n`,
      [KINDS],
    );
    await database.client.query('ANALYZE task');
  });

  it('is read from the index of kinds and statuses', async () => {
    const key = { id: 1, max: 5, kind: 'kind-7', status: 'Pending', names: [], fields: {} };
    const count = await preparePlan(database.client, otherUsage, `('${JSON.stringify([key])}')`);
    expect((await count()).map((step) => step['Index Name'])).toContain('task_kind_status');
  });
});
