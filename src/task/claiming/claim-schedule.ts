import { DutyCycle } from '../../loops/duty-cycle';
import type { Capacity } from './start-slots';

const LONGEST_REST_MS = 1000;

/**
 * - `idle`: nothing more can be claimed. A wake-up or the interval leads to the next claim.
 * - `claiming`: a claim runs, or the last one found all it asked for. The next one follows at once.
 * - `full`: no slot is free. A freed slot leads to the next claim.
 * - `skipping`: only tasks are left that cannot start now: their hosts are full, or rules still decide about them. A freed
 *   slot leads to the next claim.
 *
 * In every mode but `idle` tasks may be waiting for a slot, so nothing that becomes ready later may overtake them.
 */
type Mode = 'idle' | 'claiming' | 'full' | 'skipping';

/** What a claim found. */
export interface ClaimOutcome {
  found: number;
  /** More can probably be claimed at once. */
  hasMore: boolean;
  /** Rules still decide about some tasks. */
  undecided: boolean;
  /** After how many ms to claim again, even if no wake-up comes; infinite where there is no reason to. */
  retryMs: number;
}

/**
 * Decides when the next claim is made. Scans that skip the tasks of full hosts may read hundreds of thousands of rows,
 * so those that found too little take a tenth of the time at most.
 */
export class ClaimSchedule {
  private mode: Mode = 'idle';
  private readonly skippingScans = new DutyCycle(LONGEST_REST_MS);
  private timer?: NodeJS.Timeout;
  private timerAt = Infinity;

  /** @param wake called when it is time for the next claim. */
  constructor(private readonly wake: () => void) {}

  /** Whether tasks may be waiting for a slot of this replica. */
  get isContended(): boolean {
    return this.mode !== 'idle';
  }

  /** Whether the next claim follows at once. */
  get isClaiming(): boolean {
    return this.mode === 'claiming';
  }

  /** Returns whether a claim is due now; if so, `ended` must be called after it. */
  begin({ limit, fullHosts }: Capacity): boolean {
    this.mode = limit === 0 ? 'full' : 'claiming';
    if (limit > 0 && fullHosts.length > 0 && this.skippingScans.restMs > 0) {
      this.mode = 'skipping';
      this.wakeIn(this.skippingScans.restMs);
    }
    return this.mode === 'claiming';
  }

  /**
   * Takes note of a claim.
   * @param asked the capacity that it was made with, and how long it took.
   * @param free slots that are free after it.
   */
  ended(outcome: ClaimOutcome, asked: Capacity & { ms: number }, free: number): void {
    const skipped = asked.fullHosts.length > 0;
    if (skipped && outcome.found < asked.limit) this.skippingScans.ran(asked.ms);
    if (outcome.hasMore) this.mode = free > 0 ? 'claiming' : 'full';
    else this.mode = skipped || outcome.undecided ? 'skipping' : 'idle';
    this.wakeIn(outcome.retryMs);
  }

  private wakeIn(ms: number): void {
    const at = performance.now() + ms;
    if (at >= this.timerAt) return;
    this.timerAt = at;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timerAt = Infinity;
      this.wake();
    }, ms).unref();
  }
}
