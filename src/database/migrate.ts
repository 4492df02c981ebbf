import { DataSource } from 'typeorm';
import { migrations } from '../../migrations';
import { ADVISORY_LOCKS } from './advisory-locks';
import type { Connector } from './connector';
import { PATIENT } from './session-settings';

const SESSION = { application_name: 'hookline migrations', settings: PATIENT };

/**
 * Brings the schema up to date. Replicas that start together take turns by an advisory lock on a connection of its own,
 * because TypeORM's migration table alone makes all but the first fail. The lock belongs to a transaction: behind a pooler,
 * a session outlives its client, and would keep the lock. Migrations of newer versions are left alone.
 *
 * @returns the names of the migrations that were applied
 */
export async function migrate(connector: Connector): Promise<string[]> {
  const lock = connector.client(SESSION);
  // A broken connection rejects a query below. Without a listener, the error event would end the process first.
  lock.on('error', () => undefined);
  await lock.connect();
  try {
    // This transaction idles while migrations run. It has no snapshot, so it does not hold up vacuum.
    await lock.query('BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0');
    await lock.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCKS.migrations]);
    const source = await migrationSource(connector).initialize();
    try {
      return (await source.runMigrations({ transaction: 'each' })).map(({ name }) => name);
    } finally {
      await source.destroy();
    }
  } finally {
    await lock.end();
  }
}

/** Returns a data source that knows the migrations and nothing else. */
export const migrationSource = (connector: Connector) =>
  new DataSource({
    type: 'postgres',
    migrations,
    migrationsTableName: 'migration',
    extra: { ...connector.options(SESSION), max: 1 },
  });
