import { Client } from 'pg';
import { afterTest } from './fixture';
import { eventually } from './poll';
import type { Service } from './service';

/** Begins a transaction of another program with this statement. The returned function ends it; the end of the test does too. */
export async function openTransaction(service: Service, sql: string): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: service.databaseUrl });
  await client.connect();
  let ended: Promise<void> | undefined;
  const end = () => (ended ??= client.end());
  afterTest(end);
  await client.query(`BEGIN; ${sql}`);
  return end;
}

/** Waits until one connection to the database of the service waits for a lock; returns the id of its process. */
export const untilLocked = (service: Service): Promise<number> =>
  eventually(async () => {
    const waiting = await service.query<{ pid: number }>(
      `SELECT DISTINCT pid FROM pg_locks JOIN pg_database d ON d.oid = database
       WHERE NOT granted AND datname = current_database()`,
    );
    expect(waiting).toHaveLength(1);
    return waiting[0].pid;
  });

/** Waits until at least so many connections to the database of the service wait for a lock, of a row or of anything else. */
export const untilWaiting = (service: Service, count: number): Promise<void> =>
  eventually(async () => {
    const waiting = await service.query(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    expect(waiting.length).toBeGreaterThanOrEqual(count);
  });
