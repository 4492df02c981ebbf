/** Resolves after `ms`. Tests cannot fake the timers of `node:timers/promises`. */
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Returns half to all of `pause`, at random, so that replicas and calls that failed together do not return together. */
export const jittered = (pause: number): number => pause * (0.5 + Math.random() / 2);

/**
 * Returns the jittered pause before the next attempt: doubled with each failure, up to a cap.
 * @param base pause after the first failure; the result is in the same unit.
 * @param failures attempts that have failed so far, at least 1.
 */
export const backoff = (base: number, cap: number, failures: number): number =>
  jittered(Math.min(cap, base * 2 ** (failures - 1)));
