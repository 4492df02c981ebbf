import type { Client } from 'pg';
import type { SessionClient } from './session-client';
import { lostSessions } from './sql/sessions';
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

/**
 * Finds out which of these sessions the server does not know, or waits for since `idleMs`. None is found behind a pooler, where
 * nobody can tell. The client is not connected yet, and is gone after `timeoutMs`.
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
