import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database';
import { Deferred } from '../../database/deferred';
import type { Tx } from '../../database/statement';
import type { Iteration } from '../../loops/iteration';
import { Worker } from '../../loops/worker';
import { KindIsolation } from '../../rules/kind-isolation';
import { type Found, Rules } from '../../rules/rules';
import { Tracing } from '../../tracing/tracing';
import { AfterCommit } from '../finish/after-commit';
import {
  anyResumed,
  anyToClaim,
  claimAdmitted,
  type ClaimedRow,
  claimNext,
  claimResumed,
  type NextRow,
} from '../sql/claim';
import { ClaimCursor } from './claim-cursor';
import { type Capacity, type ClaimOutcome, ClaimSchedule } from './claim-schedule';
import { StartSlots } from './start-slots';

/** The time until the next claim when tasks were locked: reports and cancellations lock related tasks for a few ms. */
const LOCKED_MS = 20;
/** The share of the free slots that is reserved while rules decide about a kind that was slow or failed before. */
const SLOW_KIND_SHARE = 1 / 8;

/**
 * Claims the tasks that start next: those without rules in one statement, the others as their rules admit them. It does
 * not wait for slow decisions; claims skip the tasks that these are about.
 */
@Injectable()
export class Claim {
  private readonly decisions = new KindIsolation(() => this.schedule.wake());
  private readonly cursor = new ClaimCursor();
  /** Tasks were unblocked since the last scan, and stand where they stood before. */
  private unblocked = false;

  constructor(
    private readonly database: Database,
    private readonly rules: Rules,
    private readonly afterCommit: AfterCommit,
    private readonly slots: StartSlots,
    private readonly schedule: ClaimSchedule,
    private readonly worker: Worker,
    private readonly tracing: Tracing,
  ) {}

  /** Takes note that a rule key may have been opened, perhaps by another replica. */
  mayHaveOpened(): void {
    this.rules.mayHaveOpened();
  }

  /** Resolves when rules decide about nothing. */
  idle(): Promise<void> {
    return this.decisions.idle();
  }

  /** Begins no more decisions; resolves when what rules have admitted is started. */
  close(): Promise<void> {
    return this.decisions.stop();
  }

  /** Claims and starts what may start next, unless there is no slot or it is too soon. */
  async next(): Promise<Iteration> {
    if (!this.schedule.begin(this.slots.claimCapacity)) return { found: 0, hasMore: false };
    const begun = performance.now();
    // Tasks that are unblocked already are scanned first. Until they are decided, no usage counts them, and too many others
    // would be unblocked.
    if (!this.unblocked) await this.unblock(this.slots.claimCapacity);
    // Not the capacity of before: a decision may have ended meanwhile, and have filled the share of a host.
    const capacity = this.slots.claimCapacity;
    const outcome = await this.claim(capacity);
    this.schedule.ended(outcome, { ...capacity, ms: performance.now() - begun }, this.slots.capacity.limit);
    return { found: outcome.found, hasMore: this.schedule.isClaiming };
  }

  private async claim({ limit, fullHosts }: Capacity): Promise<ClaimOutcome> {
    const { unblocked } = this;
    const { rows, resumed } = await this.take(limit, fullHosts);
    const tasks: ClaimedRow[] = rows.filter((row) => row.watched === null);
    this.tracing.link(rows.map(({ trace }) => trace));
    this.slots.start(tasks);
    this.afterCommit.claimed(tasks);
    const candidates = rows.filter((row) => row.watched !== null);
    const moreAdmissible = await this.decisions.decide(candidates, (some, budgetMs, isSlow) =>
      this.admit(some, fullHosts, budgetMs, isSlow ? SLOW_KIND_SHARE : 1),
    );
    const hasMore = unblocked || moreAdmissible || rows.length === limit || (resumed && this.cursor.resumeMs === 0);
    const retryMs = Math.min(this.decisions.cooldownMs, hasMore ? Infinity : await this.retryMs(fullHosts));
    return { found: rows.length, hasMore, undecided: this.decisions.excludedKinds.length > 0, retryMs };
  }

  private async unblock({ limit, fullHosts }: Capacity): Promise<void> {
    const keys = await this.rules.openKeys(this.decisions.excludedKinds);
    await this.decisions.decide(keys, async (some, budgetMs) => {
      const unblocked = await this.rules.unblock(some, limit, fullHosts, budgetMs);
      this.unblocked ||= unblocked;
      return unblocked;
    });
  }

  /** Claims that skip tasks leave them behind, so they say nothing about where to resume. */
  private async take(limit: number, fullHosts: number[]): Promise<{ rows: NextRow[]; resumed: boolean }> {
    const { cursor, unblocked, worker } = this;
    const { excludedKinds } = this.decisions;
    this.unblocked = false;
    const skipsNone = fullHosts.length === 0 && excludedKinds.length === 0;
    if (!unblocked && fullHosts.length === 0 && cursor.resumeMs > 0) {
      const rows = await this.database.run(claimResumed, limit, worker.id, fullHosts, excludedKinds, cursor.toJson());
      if (skipsNone) cursor.resumed(rows, rows.length === limit);
      return { rows, resumed: true };
    }
    const begun = performance.now();
    const rows = await this.database.run(claimNext, limit, worker.id, fullHosts, excludedKinds);
    if (skipsNone) cursor.scanned(rows, rows.length === limit, performance.now() - begun);
    return { rows, resumed: false };
  }

  /** Tasks that were left behind are locked for a moment, or stand too far in front to be scanned for all the time. */
  private async retryMs(fullHosts: number[]): Promise<number> {
    const { cursor } = this;
    const { excludedKinds } = this.decisions;
    const resumeMs = fullHosts.length === 0 ? cursor.resumeMs : 0;
    const [{ any }] =
      resumeMs > 0
        ? await this.database.run(anyResumed, fullHosts, excludedKinds, cursor.toJson())
        : await this.database.run(anyToClaim, fullHosts, excludedKinds);
    if (resumeMs > 0) return any ? Math.min(LOCKED_MS, resumeMs) : resumeMs;
    return any ? LOCKED_MS : Infinity;
  }

  /**
   * Lets rules decide about as many candidates as there are slots for; claims and starts those that they admit. Returns
   * whether more may be admitted.
   * @param share of the free slots that is reserved meanwhile.
   */
  private async admit(
    candidates: readonly Found[],
    fullHosts: number[],
    budgetMs: number,
    share: number,
  ): Promise<boolean> {
    const found = candidates.slice(0, Math.ceil(share * this.slots.capacity.limit));
    if (found.length === 0) return false;
    const { finished, moreAdmissible } = await this.slots.reserve(found.length, async () => {
      const claim = async (tx: Tx, ids: string[]) => (ids.length > 0 ? tx.run(claimAdmitted, ids, this.worker.id) : []);
      const { claimed, moreAdmissible } = await this.rules.admit(found, fullHosts, budgetMs, claim);
      return { finished: { claimed: Deferred.of(claimed) }, moreAdmissible };
    });
    this.afterCommit.claimed(finished.claimed.value);
    return moreAdmissible;
  }
}
