import type { Client } from 'pg';
import type { SessionClient } from './session-client';
import { lostSessions } from './sql/sessions';
import { isStandby } from './sql/standby';

/**
 * Checks that the database answers and accepts changes, on a client that is not connected yet. Rejects after the client's
 * timeouts, and for a standby, which is not the server that the service waits for.
 */
export async function probe(client: Client): Promise<void> {
  // A broken connection rejects its query. Without a listener, the error event would end the process first.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ standby: boolean }>(isStandby);
    if (rows[0].standby) throw new Error('The server is a standby and accepts no changes');
  } finally {
    // Not awaited, because a silent server does not confirm the end either.
    client.end().catch(() => undefined);
  }
}

/**
 * Returns those of the sessions that the server does not know, or that it has been waiting for since `idleMs`. Behind a
 * pooler nobody can tell, and the result is empty. The client is not connected yet, and is dropped after `timeoutMs`.
 */
export async function findLost(
  client: SessionClient,
  sessions: number[],
  idleMs: number,
  timeoutMs: number,
): Promise<number[]> {
  client.on('error', () => undefined);
  const timer = setTimeout(() => client.abandon(), timeoutMs);
  try {
    await client.connect();
    const { rows } = await client.query<{ pid: number; own: number }>(lostSessions, [sessions, idleMs]);
    return rows.filter(({ own }) => own === client.processID).map(({ pid }) => pid);
  } finally {
    clearTimeout(timer);
    client.end().catch(() => undefined);
  }
}
