import type { Notice } from '../domain/action';

/**
 * Returns the `Idempotency-Key` of an event's action: stable over retries, different for every action.
 *
 * A key that has succeeded is never sent again:
 * - A start call has succeeded if the history says so (`sql/start-succeeded.ts`); a requeued claim then skips the call.
 * - A notification is queued under its key once, and leaves the queue when it is delivered (`sql/record-attempts.ts`).
 *   Only exhausted notifications can be replayed (`sql/replay.ts`).
 * @param subject the task, or the batch for `complete`
 * @param attempt at the task; the first has no part of the key
 * @param position index of the action in its list; the first has no suffix
 */
export function callKey(subject: string, notice: Notice | 'start', attempt = 1, position = 0): string {
  const of = attempt === 1 ? subject : `${subject}:attempt-${attempt}`;
  const event = notice === 'complete' ? `batch:${subject}:complete` : `${of}:${notice}`;
  return position === 0 ? event : `${event}:${position}`;
}
