import type { Client } from 'pg';
import { isStandby } from './sql/standby';

/**
 * Asks the database for a sign of life on a client that is not connected yet. Rejects when it does not answer in the time
 * that the client gives it, and when it takes no changes: a standby is not what the service waits for.
 */
export async function probe(client: Client): Promise<void> {
  // A connection that breaks rejects what runs on it; without a listener it would end the process first.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ standby: boolean }>(isStandby);
    if (rows[0].standby) throw new Error('The server is a standby: it takes no changes');
  } finally {
    // Not waited for: a server that does not answer does not say goodbye either.
    client.end().catch(() => undefined);
  }
}
