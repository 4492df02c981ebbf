import { Client } from 'pg';
import { leaseDue } from '../../src/webhook/sql/lease-due';
import { useDatabase } from '../support/fixture';

const BACKLOG = 1000;

interface Node {
  'Actual Loops': number;
  Plans?: Node[];
}

const loopsOf = ({ 'Actual Loops': loops, Plans = [] }: Node): number[] => [loops, ...Plans.flatMap(loopsOf)];

describe('A lease that was planned while no notification was queued', () => {
  const database = useDatabase();

  it('takes no step for each notification of a backlog', async () => {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    // Also tells the planner that the table is empty, as it usually is.
    await client.query('VACUUM ANALYZE outbox');
    await client.query(`PREPARE lease AS ${leaseDue.text}; SET plan_cache_mode = force_generic_plan`);
    const lease = `EXECUTE lease (100, 60, 50, '{}', 'epoch')`;
    await client.query(lease);
    await client.query(
      `INSERT INTO outbox (key, id, batch_id, notice, position, awaiting_start, url, host, next_attempt_at)
       SELECT n::text, gen_random_uuid(), gen_random_uuid(), 'complete', 0, false, 'http://a/', 'a', now()
       FROM generate_series(1, $1) n`,
      [BACKLOG],
    );
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(`EXPLAIN (ANALYZE, FORMAT JSON) ${lease}`);
    expect(Math.max(...loopsOf(rows[0]['QUERY PLAN'][0].Plan))).toBeLessThan(BACKLOG / 2);
    await client.end();
  });
});
