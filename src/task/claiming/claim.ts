import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database';
import type { Tx } from '../../database/statement';
import { Worker } from '../../loops/worker';
import { Metrics } from '../../metrics/metrics';
import { KindIsolation } from '../../rules/kind-isolation';
import { type Found, Rules } from '../../rules/rules';
import {
  anyResumed,
  anyToClaim,
  claimAdmitted,
  type ClaimedRow,
  claimNext,
  claimResumed,
  type NextRow,
} from '../sql/claim';
import { AfterCommit } from '../finish/after-commit';
import { ClaimCursor } from './claim-cursor';
import { StartSlots } from './start-slots';

// Reports and cancellations lock the tasks around theirs for a few milliseconds.
const LOCKED_MS = 20;
/** Of the free places, what is kept while rules decide about a kind that was slow or failed before: it may take long. */
const SHARE_OF_TROUBLED = 1 / 8;

export interface Claimed {
  /** How many tasks were found, of which rules may still have to decide about some. */
  found: number;
  /** There is likely more to claim at once. */
  hasMore: boolean;
  /** Rules are to decide about some tasks later: these wait for a place too. */
  undecided: boolean;
  /** A task may have been left behind, and nobody may say when there is reason to look: after so many ms, unless infinite, there is. */
  lookAgainMs: number;
}

type Start = (tasks: readonly ClaimedRow[]) => void;

/**
 * Takes the tasks that start next: those without rules in one statement, the others as their rules decide. KindIsolation that
 * take long are not waited for: tasks of the kinds that they are about are passed over meanwhile.
 */
@Injectable()
export class Claim {
  private readonly positions = new ClaimCursor();
  private readonly decisions = new KindIsolation(() => this.wake());
  private start: Start = () => undefined;
  private wake: () => void = () => undefined;
  /** Tasks have come back, to where they stood before, since the last look. */
  private back = false;

  constructor(
    private readonly database: Database,
    private readonly rules: Rules,
    private readonly afterCommit: AfterCommit,
    private readonly places: StartSlots,
    private readonly worker: Worker,
    private readonly metrics: Metrics,
  ) {}

  /** From now on `start` takes the tasks that were claimed, and `wake` is called when there is reason to ask for the next. */
  open(start: Start, wake: () => void): void {
    this.start = start;
    this.wake = wake;
  }

  /** There is news, perhaps from another replica, of what may start now. */
  look(): void {
    this.rules.mayHaveOpened();
  }

  /** Resolves when rules decide about nothing. */
  idle(): Promise<void> {
    return this.decisions.idle();
  }

  /** Rules decide about nothing more; resolves when what they have admitted is started. */
  close(): Promise<void> {
    return this.decisions.stop();
  }

  /**
   * Claims and starts what may start next.
   * @param limit tasks at most.
   * @param fullHosts whose tasks are passed over, as if they were not there.
   */
  async next(limit: number, fullHosts: readonly number[]): Promise<Claimed> {
    const full = [...fullHosts];
    // What has come back is looked for before more comes: nobody has counted it yet.
    if (!this.back) await this.unblock(limit, full);
    const { back } = this;
    const { rows, wentOn } = await this.take(limit, full);
    const tasks: ClaimedRow[] = rows.filter((row) => row.watched === null);
    this.started(tasks);
    this.start(tasks);
    const candidates = rows.filter((row) => row.watched !== null);
    const moreAdmissible = await this.decisions.decide(candidates, (some, budgetMs, isTroubled) =>
      this.admit(some, full, budgetMs, isTroubled ? SHARE_OF_TROUBLED : 1),
    );
    const hasMore = back || moreAdmissible || rows.length === limit || (wentOn && this.positions.resumeMs === 0);
    const lookAgainMs = Math.min(this.decisions.cooldownMs, hasMore ? Infinity : await this.lookAgainMs(full));
    return { found: rows.length, hasMore, undecided: this.decisions.excludedKinds.length > 0, lookAgainMs };
  }

  private async unblock(limit: number, full: number[]): Promise<void> {
    const keys = await this.rules.openKeys(this.decisions.excludedKinds);
    await this.decisions.decide(keys, async (some, budgetMs) => {
      const back = await this.rules.unblock(some, limit, full, budgetMs);
      this.back ||= back;
      return back;
    });
  }

  /** Looks that pass over tasks leave them behind, so these say nothing about where to go on. */
  private async take(limit: number, full: number[]): Promise<{ rows: NextRow[]; wentOn: boolean }> {
    const { positions, back } = this;
    const { excludedKinds } = this.decisions;
    this.back = false;
    const leavesNone = full.length === 0 && excludedKinds.length === 0;
    if (!back && full.length === 0 && positions.resumeMs > 0) {
      const rows = await this.database.run(
        claimResumed,
        limit,
        this.worker.id,
        full,
        excludedKinds,
        positions.toJson(),
      );
      if (leavesNone) positions.resumed(rows, rows.length === limit);
      return { rows, wentOn: true };
    }
    const begun = performance.now();
    const rows = await this.database.run(claimNext, limit, this.worker.id, full, excludedKinds);
    if (leavesNone) positions.scanned(rows, rows.length === limit, performance.now() - begun);
    return { rows, wentOn: false };
  }

  /** What is left is locked by somebody just now, or stands too far in front to be looked for all the time. */
  private async lookAgainMs(full: number[]): Promise<number> {
    const { positions } = this;
    const { excludedKinds } = this.decisions;
    const resumeMs = full.length === 0 ? positions.resumeMs : 0;
    const [{ any }] =
      resumeMs > 0
        ? await this.database.run(anyResumed, full, excludedKinds, positions.toJson())
        : await this.database.run(anyToClaim, full, excludedKinds);
    if (resumeMs > 0) return any ? Math.min(LOCKED_MS, resumeMs) : resumeMs;
    return any ? LOCKED_MS : Infinity;
  }

  /**
   * Has rules decide about as many of these as there are places for, and answers whether there is room for others.
   * @param share of the free places that are kept for them meanwhile.
   */
  private async admit(candidates: readonly Found[], full: number[], budgetMs: number, share: number): Promise<boolean> {
    const found = candidates.slice(0, Math.ceil(share * this.places.room.limit));
    if (found.length === 0) return false;
    const { finished, moreAdmissible } = await this.places.reserving(found.length, this.start, async () => {
      const claim = async (tx: Tx, ids: string[]) => (ids.length > 0 ? tx.run(claimAdmitted, ids, this.worker.id) : []);
      const { claimed, moreAdmissible } = await this.rules.admit(found, full, budgetMs, claim);
      return { finished: { claimed }, moreAdmissible };
    });
    this.started(finished.claimed);
    return moreAdmissible;
  }

  private started(tasks: readonly ClaimedRow[]): void {
    this.metrics.tasks.moved('Pending', 'Claimed', tasks.length);
    this.afterCommit.mayAdmitOthers(tasks.filter(({ ruled }) => ruled));
  }
}
