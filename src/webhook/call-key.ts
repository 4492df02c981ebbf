import type { Notice } from '../domain/action';

/**
 * Returns the `Idempotency-Key` of an event's action: stable over retries, different for every action.
 *
 * A key that has succeeded is never sent again:
 * - A start call has succeeded if the history says so (`sql/start-succeeded.ts`); a requeued claim then skips the call.
 * - A notification is queued under its key once, and leaves the queue when it is delivered (`sql/record-attempts.ts`).
 *   Only exhausted notifications can be replayed (`sql/replay.ts`).
 * @param subject the task, or the batch for `complete`
 * @param attempt at the task, or `completionNumber` of a batch; the first has no part of the key
 * @param position index of the action in its list; the first has no suffix
 */
export function callKey(subject: string, notice: Notice | 'start', attempt = 1, position = 0): string {
  const event = notice === 'complete' ? completionKey(subject, attempt) : `${attemptOf(subject, attempt)}:${notice}`;
  return position === 0 ? event : `${event}:${position}`;
}

const attemptOf = (task: string, attempt: number) => (attempt === 1 ? task : `${task}:attempt-${attempt}`);

const completionKey = (batch: string, n: number) =>
  n === 1 ? `batch:${batch}:complete` : `batch:${batch}:complete:${n}`;

/**
 * Returns the number in the key of the `nth` completion of a batch. From the second completion on, it is higher by the
 * actions beyond two: `…:complete:2` is the key of the third action of the first completion.
 */
export const completionNumber = (nth: number, actions: number): number =>
  nth === 1 ? 1 : nth + Math.max(0, actions - 2);
