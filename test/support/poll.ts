import { setTimeout as pause } from 'node:timers/promises';

/**
 * Repeats an assertion until it passes, and returns its result. After `timeoutMs` it throws the last failure, so that the
 * report shows what was still wrong.
 */
export async function eventually<T>(assertion: () => T | Promise<T>, { timeoutMs = 10_000 } = {}): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const begun = performance.now();
    try {
      return await assertion();
    } catch (failure) {
      const now = performance.now();
      if (now > deadline) throw failure;
      // Costly assertions leave most of the CPU to what they wait for.
      await pause(Math.max(15, 2 * (now - begun)));
    }
  }
}
