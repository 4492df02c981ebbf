import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database';
import type { Tx } from '../../database/statement';
import { Worker } from '../../loops/worker';
import { Metrics } from '../../metrics/metrics';
import { Decisions } from '../../rules/decisions';
import { type Found, Rules } from '../../rules/rules';
import {
  anyOnward,
  anyToClaim,
  claimAdmitted,
  type ClaimedRow,
  claimNext,
  claimOnward,
  type NextRow,
} from '../sql/claim';
import { Aftermath } from './aftermath';
import { QueuePositions } from './queue-positions';
import { StartPlaces } from './start-places';

// Reports and cancellations lock the tasks around theirs for a few milliseconds.
const LOCKED_MS = 20;
/** Of the free places, what is kept while rules decide about a kind that was slow or failed before: it may take long. */
const SHARE_OF_TROUBLED = 1 / 8;

export interface Claimed {
  /** How many tasks were found, of which rules may still have to decide about some. */
  found: number;
  /** There is likely more to claim at once. */
  more: boolean;
  /** Rules are to decide about some tasks later: these wait for a place too. */
  undecided: boolean;
  /** A task may have been left behind, and nobody may say when there is reason to look: after so many ms, unless infinite, there is. */
  lookAgainMs: number;
}

type Start = (tasks: readonly ClaimedRow[]) => void;

/**
 * Takes the tasks that start next: those without rules in one statement, the others as their rules decide. Decisions that
 * take long are not waited for: tasks of the kinds that they are about are passed over meanwhile.
 */
@Injectable()
export class Claim {
  private readonly positions = new QueuePositions();
  private readonly decisions = new Decisions(() => this.wake());
  private start: Start = () => undefined;
  private wake: () => void = () => undefined;
  /** Tasks have come back, to where they stood before, since the last look. */
  private back = false;

  constructor(
    private readonly database: Database,
    private readonly rules: Rules,
    private readonly aftermath: Aftermath,
    private readonly places: StartPlaces,
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
    if (!this.back) await this.bringBack(limit, full);
    const { back } = this;
    const { rows, wentOn } = await this.take(limit, full);
    const tasks: ClaimedRow[] = rows.filter((row) => row.watched === null);
    this.started(tasks);
    this.start(tasks);
    const candidates = rows.filter((row) => row.watched !== null);
    const roomForOthers = await this.decisions.make(candidates, (some, budgetMs, isTroubled) =>
      this.admit(some, full, budgetMs, isTroubled ? SHARE_OF_TROUBLED : 1),
    );
    const more = back || roomForOthers || rows.length === limit || (wentOn && this.positions.onwardMs === 0);
    const lookAgainMs = Math.min(this.decisions.nextMs, more ? Infinity : await this.lookAgainMs(full));
    return { found: rows.length, more, undecided: this.decisions.aside.length > 0, lookAgainMs };
  }

  private async bringBack(limit: number, full: number[]): Promise<void> {
    const keys = await this.rules.openKeys(this.decisions.aside);
    await this.decisions.make(keys, async (some, budgetMs) => {
      const back = await this.rules.bringBack(some, limit, full, budgetMs);
      this.back ||= back;
      return back;
    });
  }

  /** Looks that pass over tasks leave them behind, so these say nothing about where to go on. */
  private async take(limit: number, full: number[]): Promise<{ rows: NextRow[]; wentOn: boolean }> {
    const { positions, back } = this;
    const { aside } = this.decisions;
    this.back = false;
    const leavesNone = full.length === 0 && aside.length === 0;
    if (!back && full.length === 0 && positions.onwardMs > 0) {
      const rows = await this.database.run(claimOnward, limit, this.worker.id, full, aside, positions.toJson());
      if (leavesNone) positions.lookedOnward(rows, rows.length === limit);
      return { rows, wentOn: true };
    }
    const begun = performance.now();
    const rows = await this.database.run(claimNext, limit, this.worker.id, full, aside);
    if (leavesNone) positions.lookedFromBeginning(rows, rows.length === limit, performance.now() - begun);
    return { rows, wentOn: false };
  }

  /** What is left is locked by somebody just now, or stands too far in front to be looked for all the time. */
  private async lookAgainMs(full: number[]): Promise<number> {
    const { positions } = this;
    const { aside } = this.decisions;
    const onwardMs = full.length === 0 ? positions.onwardMs : 0;
    const [{ any }] =
      onwardMs > 0
        ? await this.database.run(anyOnward, full, aside, positions.toJson())
        : await this.database.run(anyToClaim, full, aside);
    if (onwardMs > 0) return any ? Math.min(LOCKED_MS, onwardMs) : onwardMs;
    return any ? LOCKED_MS : Infinity;
  }

  /**
   * Has rules decide about as many of these as there are places for, and answers whether there is room for others.
   * @param share of the free places that are kept for them meanwhile.
   */
  private async admit(candidates: readonly Found[], full: number[], budgetMs: number, share: number): Promise<boolean> {
    const found = candidates.slice(0, Math.ceil(share * this.places.room.limit));
    if (found.length === 0) return false;
    const { finished, roomForOthers } = await this.places.reserving(found.length, this.start, async () => {
      const claim = async (tx: Tx, ids: string[]) => (ids.length > 0 ? tx.run(claimAdmitted, ids, this.worker.id) : []);
      const { claimed, roomForOthers } = await this.rules.admit(found, full, budgetMs, claim);
      return { finished: { claimed }, roomForOthers };
    });
    this.started(finished.claimed);
    return roomForOthers;
  }

  private started(tasks: readonly ClaimedRow[]): void {
    this.metrics.tasks.moved('Pending', 'Claimed', tasks.length);
    this.aftermath.mayAdmitOthers(tasks.filter(({ ruled }) => ruled));
  }
}
