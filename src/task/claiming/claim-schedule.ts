import { Injectable } from '@nestjs/common';
import { DutyCycle } from '../../loops/duty-cycle';

const LONGEST_REST_MS = 1000;

/**
 * - `idle`: nothing more can be claimed. A wake-up or the interval leads to the next claim.
 * - `claiming`: a claim runs, or the last one found all it asked for. The next one follows at once.
 * - `full`: no slot is free. A freed slot leads to the next claim.
 * - `skipping`: the tasks that are left wait for full hosts or for rules that still decide, or it is too soon to scan again.
 *   A freed slot, the end of a decision or the end of the rest leads to the next claim.
 *
 * In every mode but `idle` tasks may be waiting for a slot, so nothing that becomes ready later may overtake them.
 */
type Mode = 'idle' | 'claiming' | 'full' | 'skipping';

/** What may be claimed now. */
export interface Capacity {
  /** Tasks, whatever their hosts. */
  limit: number;
  /** Host ids whose share is taken: claims skip their tasks. */
  fullHosts: number[];
}

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
 * Decides when the next claim is made. Scans that skip the tasks of full hosts may read hundreds of thousands of rows.
 * Those that found too little are followed by a rest of nine times their duration, at most a second.
 */
@Injectable()
export class ClaimSchedule {
  private mode: Mode = 'idle';
  private readonly skippingScans = new DutyCycle(LONGEST_REST_MS);
  private timer?: NodeJS.Timeout;
  private timerAt = Infinity;
  private due: () => void = () => undefined;

  /** Sets what is called when it is time for the next claim. */
  onDue(due: () => void): void {
    this.due = due;
  }

  /** Brings the next claim forward: something may have changed. */
  wake(): void {
    this.due();
  }

  /** Brings the next claim forward if tasks may be waiting for the slot that was freed. */
  slotFreed(): void {
    if (this.isContended) this.wake();
  }

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
