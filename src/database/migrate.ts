import { DataSource } from 'typeorm';
import { migrations } from '../../migrations';
import { ADVISORY_LOCKS } from './advisory-locks';
import type { Connector } from './connector';
import { PATIENT } from './session-settings';

// A migration takes as long as it takes.
const SESSION = { application_name: 'hookline migrations', settings: PATIENT };

/**
 * Brings the schema up to date. Replicas that boot at once take turns: an advisory lock on a connection of its own,
 * because TypeORM's migration table alone lets all but the first fail. It is the lock of a transaction and not of a
 * session, for a pooler keeps sessions when clients go: the lock would be held for as long as that one lives.
 * Migrations that only a newer version knows are left as they are.
 */
export async function migrate(connector: Connector): Promise<void> {
  const lock = connector.client(SESSION);
  // A broken connection shows up as a rejected query below; without a listener it would end the process first.
  lock.on('error', () => undefined);
  await lock.connect();
  try {
    // The transaction is idle while migrations run; it has no snapshot then, and holds nobody up.
    await lock.query('BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0');
    await lock.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCKS.migrations]);
    const source = await migrationSource(connector).initialize();
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
export const migrationSource = (connector: Connector) =>
  new DataSource({
    type: 'postgres',
    migrations,
    migrationsTableName: 'migration',
    extra: { ...connector.options(SESSION), max: 1 },
  });
