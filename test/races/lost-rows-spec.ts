import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { lockFootprint, lockWithChildren } from '../../src/dag/sql/lock';
import { useDatabase } from '../support/fixture';
import { eventually } from '../support/poll';

// The plan depends on current statistics; each of these settings forbids some plans.
const PLANS = [
  'SET enable_hashjoin = on',
  'SET enable_nestloop = off',
  'SET enable_hashjoin = off',
  'SET enable_hashjoin = off; SET enable_hashagg = off; SET enable_memoize = off',
  'SET enable_hashjoin = off; SET enable_nestloop = off',
];

const lock = {
  'tasks and their children': (id: string) => ({ text: lockWithChildren.text, values: [[id], [id]] }),
  'everything that a failure touches': (id: string) => ({ text: lockFootprint.text, values: [[id], [id], [id]] }),
};

describe('Locking, while another transaction changes one of the tasks,', () => {
  const ids = Array.from({ length: 400 }, () => randomUUID());
  let other: Client;
  let locking: Client;
  afterAll(async () => {
    await other.end();
    await locking.end();
  });
  const database = useDatabase();
  beforeAll(async () => {
    [other, locking] = [database, database].map(({ url }) => new Client({ connectionString: url }));
    await other.connect();
    await locking.connect();
    await other.query(
      `INSERT INTO task (id, batch_id, status, timeout_secs, kind) SELECT unnest($1::uuid[]), $2, 'Pending', 60, 'x'`,
      [ids, randomUUID()],
    );
    const links = 'INSERT INTO link SELECT parent, child, true FROM unnest($1::uuid[], $2::uuid[]) AS l(parent, child)';
    await other.query(links, [ids.slice(0, 200), ids.slice(200)]);
    await other.query('ANALYZE');
  });

  const isWaiting = async () => {
    const waits = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    expect((await other.query(waits)).rows).toHaveLength(1);
  };

  describe.each(Object.entries(lock))('of %s', (_what, statement) => {
    it.each(PLANS)('locks all rows (%s)', async (plan) => {
      await locking.query(`RESET ALL; ${plan}`);
      await other.query('BEGIN');
      await other.query('UPDATE task SET priority = priority + 1 WHERE id = $1', [ids[0]]);
      const locked = locking.query<{ id: string }>(statement(ids[0]));
      await eventually(isWaiting);
      await other.query('COMMIT');
      expect((await locked).rows.map(({ id }) => id).sort()).toEqual([ids[0], ids[200]].sort());
    });
  });
});
