import type { Increment } from '../types.ts';

/** Limit of the service for one report. */
const MAX_COUNT = 2 ** 31 - 1;

/** Progress that is not reported yet. */
export class Counts {
  private readonly uncounted = { new_success: 0, new_failures: 0 };

  /** @throws {RangeError} */
  add({ new_success = 0, new_failures = 0 }: Increment): void {
    if (![new_success, new_failures].every((count) => Number.isInteger(count) && count >= 0 && count <= MAX_COUNT))
      throw new RangeError(`Progress must be an integer from 0 to ${MAX_COUNT}`);
    this.uncounted.new_success += new_success;
    this.uncounted.new_failures += new_failures;
  }

  /** Returns the unreported counts without zeros, and resets them. */
  take(): Increment {
    const counts = Object.fromEntries(
      Object.entries(this.uncounted).flatMap(([name, count]) =>
        count > 0 ? [[name, Math.min(count, MAX_COUNT)]] : [],
      ),
    );
    Object.assign(this.uncounted, { new_success: 0, new_failures: 0 });
    return counts;
  }
}
