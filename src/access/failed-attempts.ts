import { Logger } from '@nestjs/common';

/** Enough for a person's typing errors and for receivers with expired handles. */
const ALLOWED = 30;
const WINDOW_MS = 60_000;
/** About 2 MiB. Beyond it, the oldest addresses are dropped. */
const MAX_ADDRESSES = 10_000;

interface Count {
  failures: number;
  /** End of the window, in ms of `performance.now()`. */
  until: number;
}

/** Counts wrong tokens by client address, in windows of one minute. */
export class FailedAttempts {
  private readonly logger = new Logger('Access');
  /** In the order in which the windows end. */
  private readonly counts = new Map<string, Count>();

  /**
   * Counts a wrong token.
   * @returns seconds for which to refuse the address; 0 while it is below the limit.
   */
  add(address: string, now = performance.now()): number {
    const count = this.countOf(address, now);
    count.failures++;
    if (count.failures === ALLOWED + 1) this.logger.warn('Too many failed attempts to authenticate', { address });
    return count.failures > ALLOWED ? Math.ceil((count.until - now) / 1000) : 0;
  }

  /** Number of addresses with a count. */
  get size(): number {
    return this.counts.size;
  }

  private countOf(address: string, now: number): Count {
    const known = this.counts.get(address);
    if (known && known.until > now) return known;
    this.counts.delete(address);
    this.dropOld(now);
    const count = { failures: 0, until: now + WINDOW_MS };
    this.counts.set(address, count);
    return count;
  }

  /** Drops expired windows, and the oldest one if there is no room for another. */
  private dropOld(now: number): void {
    for (const [address, { until }] of this.counts) {
      if (until > now && this.counts.size < MAX_ADDRESSES) return;
      this.counts.delete(address);
    }
  }
}
