import pg from 'pg';

/** Runs something on a connection of its own to the system's PostgreSQL. */
export async function withDatabase(system, work) {
  const client = new pg.Client({ connectionString: system.databaseUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Makes rounds begin alike: what the one before has written is on the disk. */
export async function checkpoint(system) {
  if (system.databaseUrl) await withDatabase(system, (db) => db.query('CHECKPOINT'));
}

/** Brings tables that were just filled into the state of a database that has been in use for long. */
export async function settleTables(system) {
  if (system.databaseUrl) await withDatabase(system, (db) => db.query('VACUUM ANALYZE'));
}
