import { setTimeout as sleep } from 'node:timers/promises';
import { HooklineError } from '../error.ts';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;
/** Longest accepted `Retry-After`, so that it does not use up the time for attempts. */
const MAX_RETRY_AFTER_MS = 60_000;

interface Patience {
  /** Time after which no further attempt is made, in milliseconds. */
  patienceMs: number;
  /** Whether an error is worth another attempt. */
  isTemporary?: (error: HooklineError) => boolean;
  signal?: AbortSignal;
}

/**
 * Repeats a request until the service accepts or refuses it, with growing pauses.
 * @throws {HooklineError} the last one.
 */
export async function persist<T>(
  request: () => Promise<T>,
  { patienceMs, isTemporary = (error) => error.isTemporary, signal }: Patience,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (let attempt = 0; ; attempt++) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof HooklineError) || !isTemporary(error)) throw error;
      const pauseMs = Math.min(error.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS) + jitter(attempt);
      if (performance.now() + pauseMs > deadline) throw error;
      await sleep(pauseMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
  }
}

/** Random, so that receivers that lost the service together do not return together. */
const jitter = (attempt: number): number =>
  FIRST_PAUSE_MS / 2 + Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
