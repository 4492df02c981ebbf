import { Client } from 'pg';
import { eventually } from './poll';

/**
 * Asserts that no two transactions on this database ever deadlocked. Call it when all services on it have stopped: the
 * server's count is complete only after their connections have ended.
 */
export async function expectNoDeadlock(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await eventually(async () => {
    const { rows } = await client.query(
      'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    expect(rows).toEqual([]);
  });
  const { rows } = await client.query('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()');
  await client.end();
  expect(rows).toEqual([{ deadlocks: '0' }]);
}
