import { leaseDue } from '../../src/webhook/sql/lease-due';
import { useConnectedDatabase } from '../support/fixture';
import { preparePlan, type Step } from '../support/plan';

const BACKLOG = 1000;

describe('A lease beside a backlog of notifications', () => {
  let lease: () => Promise<Step[]>;
  const database = useConnectedDatabase();
  beforeAll(async () => {
    // Also tells the planner that the table is empty, as it usually is.
    await database.client.query('VACUUM ANALYZE outbox');
    lease = await preparePlan(database.client, leaseDue, `(10, 60, 5, '{}')`);
    await database.client.query(
      `INSERT INTO outbox (key, id, batch_id, notice, position, awaiting_start, url, host, next_attempt_at)
       SELECT n::text, gen_random_uuid(), gen_random_uuid(), 'complete', 0, false, 'http://a/', 'a', now()
       FROM generate_series(1, $1) n`,
      [BACKLOG],
    );
  });

  it('repeats nothing for each of them, even if it was planned while there were none', async () => {
    expect(Math.max(...(await lease()).map((step) => step['Actual Loops']))).toBeLessThan(BACKLOG / 10);
  });

  it('reads only the first of them', async () => {
    await database.client.query('ANALYZE outbox');
    expect(Math.max(...(await lease()).map((step) => step['Actual Rows']))).toBeLessThan(BACKLOG / 10);
  });
});
