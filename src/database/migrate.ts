import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { migrations } from '../../migrations';

// Any constant serves, as long as every replica takes the same.
const MIGRATION_LOCK = 7_204_519;

/**
 * Brings the schema up to date. Replicas that boot at once take turns: an advisory lock on a connection of its own,
 * because TypeORM's migration table alone lets all but the first fail. It is the lock of a transaction: behind a pooler
 * in transaction mode, that of a session would stay with a connection that others have next, and nobody would give it back.
 */
export async function migrate(databaseUrl: string): Promise<void> {
  const lock = new Client({ connectionString: databaseUrl, application_name: 'hookline migrations' });
  // A broken connection shows up as a rejected query below; without a listener it would end the process first.
  lock.on('error', () => undefined);
  await lock.connect();
  try {
    await lock.query('BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0');
    await lock.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const source = await migrationSource(databaseUrl).initialize();
    try {
      await source.runMigrations({ transaction: 'each' });
    } finally {
      await source.destroy();
    }
  } finally {
    await lock.end();
  }
}

/** A data source that knows the migrations and nothing else. */
export const migrationSource = (databaseUrl: string) =>
  new DataSource({
    type: 'postgres',
    url: databaseUrl,
    migrations,
    migrationsTableName: 'migration',
    extra: { max: 1 },
  });
