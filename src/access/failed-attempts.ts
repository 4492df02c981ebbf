import { Logger } from '@nestjs/common';

/** More within the window is no longer a person who mistypes, nor a receiver or two with an old handle. */
const ALLOWED = 30;
const WINDOW_MS = 60_000;
/** About 2 MiB. Beyond that, the addresses that began first are forgotten. */
const MOST_ADDRESSES = 10_000;

interface Count {
  failures: number;
  /** When it begins anew, in ms as of `performance.now()`. */
  until: number;
}

/** How often addresses have come with wrong credentials of late. */
export class FailedAttempts {
  private readonly logger = new Logger('Access');
  /** In the order in which windows began, which is that in which they end. */
  private readonly counts = new Map<string, Count>();

  /**
   * Counts one more.
   * @returns for how many seconds the address is to be turned away; 0 while it is within what is allowed.
   */
  add(address: string, now = performance.now()): number {
    const count = this.countOf(address, now);
    count.failures++;
    if (count.failures === ALLOWED + 1) this.logger.warn('Too many attempts to authenticate have failed', { address });
    return count.failures > ALLOWED ? Math.ceil((count.until - now) / 1000) : 0;
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.counts.size;
  }

  private countOf(address: string, now: number): Count {
    const known = this.counts.get(address);
    if (known && known.until > now) return known;
    this.counts.delete(address);
    this.forget(now);
    const count = { failures: 0, until: now + WINDOW_MS };
    this.counts.set(address, count);
    return count;
  }

  /** Makes room for one more. */
  private forget(now: number): void {
    for (const [address, { until }] of this.counts) {
      if (until > now && this.counts.size < MOST_ADDRESSES) return;
      this.counts.delete(address);
    }
  }
}
