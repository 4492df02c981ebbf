import { DatabaseUnavailable } from '../domain/errors';

// Tasks wait for the first attempt that the database takes; while it is away, the breaker refuses attempts at no cost.
const MAX_PAUSE_MS = 1000;

/**
 * Repeats `work` until the database takes it. For what must not be lost while this process lives, and cannot be given
 * back to a caller: the mark that a webhook was answered. Any other error is thrown.
 * @param givenUp asked before each repetition; true ends the attempts (the process is about to end).
 */
export async function persist<T>(work: () => Promise<T>, givenUp: () => boolean): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable) || givenUp()) throw error;
      const pause = Math.min(MAX_PAUSE_MS, 100 * 2 ** attempt) * (0.5 + Math.random() / 2);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
