import { setTimeout as pause } from 'node:timers/promises';
import type { Call } from './receiver';

const PAUSE_MS = 200;
const PATIENCE_MS = 60_000;

/**
 * Reports the success of a task as a careful receiver does: again and again, until the service has accepted the result
 * or already knows it.
 */
export async function reportDiligently({ query }: Call): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const told = await report(query.get('handle')!);
    if (told === 'known') return;
    if (performance.now() > deadline) throw new Error(`The service does not take the result: ${told}`);
    await pause(PAUSE_MS);
  }
}

/** Returns `known`, or why the result is not. */
async function report(handle: string): Promise<string> {
  try {
    const answer = await fetch(handle, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: '{"status": "Success"}',
    });
    const text = await answer.text();
    const known = answer.status === 200 || (answer.status === 404 && text.includes('"current_status":"Success"'));
    return known ? 'known' : `${answer.status} ${text}`;
  } catch (error) {
    return String(error); // The service is away.
  }
}
