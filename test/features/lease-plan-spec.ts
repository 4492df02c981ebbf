import { Client } from 'pg';
import { leaseDue } from '../../src/webhook/sql/lease-due';
import { useDatabase } from '../support/fixture';

const BACKLOG = 1000;
const LEASE = `EXECUTE lease (10, 60, 5, '{}')`;

interface Node {
  'Actual Loops': number;
  'Actual Rows': number;
  Plans?: Node[];
}

const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

describe('A lease beside a backlog of notifications', () => {
  let client: Client;
  afterAll(() => client.end());
  const database = useDatabase();
  beforeAll(async () => {
    client = new Client({ connectionString: database.url });
    await client.connect();
    // Also tells the planner that the table is empty, as it usually is.
    await client.query('VACUUM ANALYZE outbox');
    await client.query(`PREPARE lease AS ${leaseDue.text}; SET plan_cache_mode = force_generic_plan`);
    await client.query(LEASE);
    await client.query(
      `INSERT INTO outbox (key, id, batch_id, notice, position, awaiting_start, url, host, next_attempt_at)
       SELECT n::text, gen_random_uuid(), gen_random_uuid(), 'complete', 0, false, 'http://a/', 'a', now()
       FROM generate_series(1, $1) n`,
      [BACKLOG],
    );
  });

  const steps = async () => {
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(`EXPLAIN (ANALYZE, FORMAT JSON) ${LEASE}`);
    return nodesOf(rows[0]['QUERY PLAN'][0].Plan);
  };

  it('repeats nothing for each of them, even if it was planned while there were none', async () => {
    expect(Math.max(...(await steps()).map((step) => step['Actual Loops']))).toBeLessThan(BACKLOG / 10);
  });

  it('reads only the first of them', async () => {
    await client.query('ANALYZE outbox');
    expect(Math.max(...(await steps()).map((step) => step['Actual Rows']))).toBeLessThan(BACKLOG / 10);
  });
});
