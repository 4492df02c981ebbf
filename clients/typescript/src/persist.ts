import { setTimeout as sleep } from 'node:timers/promises';
import { HooklineError } from './error.ts';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;
/** Longest accepted `Retry-After`, so that it does not use up the time for attempts. */
const MAX_RETRY_AFTER_MS = 60_000;

interface Patience {
  /** Time after which no further attempt is made, in milliseconds. Default: no limit. */
  patienceMs?: number;
  /** Number of attempts after the first one. Default: no limit. */
  retries?: number;
  /** Whether an error is worth another attempt. */
  isTemporary?: (error: HooklineError) => boolean;
  signal?: AbortSignal;
}

/**
 * Repeats a request until the service accepts or refuses it, with growing pauses. Rejects with the signal's reason when it
 * aborts.
 * @throws {HooklineError} the last one.
 */
export async function persist<T>(request: () => Promise<T>, patience: Patience): Promise<T> {
  const {
    patienceMs = Infinity,
    retries = Infinity,
    isTemporary = ({ isTemporary }) => isTemporary,
    signal,
  } = patience;
  const deadline = performance.now() + patienceMs;
  for (let attempt = 0; ; attempt++) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof HooklineError) || !isTemporary(error) || attempt >= retries) throw error;
      const pauseMs = Math.min(error.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS) + jitter(attempt);
      if (performance.now() + pauseMs > deadline) throw error;
      await sleep(pauseMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
  }
}

/** Random, so that callers that lost the service together do not return together. */
const jitter = (attempt: number): number =>
  FIRST_PAUSE_MS / 2 + Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
