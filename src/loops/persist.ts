import { DatabaseUnavailable } from '../domain/errors';
import { backoff, sleep } from '../domain/backoff';

const FIRST_PAUSE_MS = 100;
// Tasks wait for the first attempt that succeeds; during an outage the breaker refuses attempts at no cost.
const LONGEST_PAUSE_MS = 1000;

/**
 * Repeats `work` until the database accepts it. For writes that must not be lost while this process lives, and that no
 * caller can repeat, such as the record that a webhook was answered.
 * @param givenUp is asked before each repetition; true ends the attempts because the process is about to end.
 * @throws any error other than {@link DatabaseUnavailable}, and that one when given up.
 */
export async function persist<T>(work: () => Promise<T>, givenUp: () => boolean): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable) || givenUp()) throw error;
      await sleep(backoff(FIRST_PAUSE_MS, LONGEST_PAUSE_MS, failures));
    }
  }
}
