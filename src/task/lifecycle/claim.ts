import { Injectable, Logger } from '@nestjs/common';
import { Database } from '../../database/database';
import { Worker } from '../../loops/worker';
import { Metrics } from '../../metrics/metrics';
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

// Reports and cancellations lock the tasks around theirs for a few milliseconds.
const LOCKED_MS = 20;

export interface Claimed {
  tasks: ClaimedRow[];
  /** There is likely more to claim at once. */
  more: boolean;
  /** A task may have been left behind, and nobody may say when there is reason to look: after so many ms there is. */
  lookAgainMs?: number;
}

/** Takes the tasks that start next: those without rules in one statement, the others as their rules decide. */
@Injectable()
export class Claim {
  private readonly logger = new Logger(Claim.name);
  private readonly positions = new QueuePositions();

  constructor(
    private readonly database: Database,
    private readonly rules: Rules,
    private readonly aftermath: Aftermath,
    private readonly worker: Worker,
    private readonly metrics: Metrics,
  ) {}

  /** There is news, perhaps from another replica, of what may start now. */
  look(): void {
    this.rules.mayHaveOpened();
  }

  /**
   * @param limit tasks at most.
   * @param fullHosts whose tasks are passed over, as if they were not there.
   */
  async next(limit: number, fullHosts: readonly number[]): Promise<Claimed> {
    const full = [...fullHosts];
    const back = await this.rules.bringBack(limit, full);
    const { rows, wentOn } = await this.take(limit, full, back);
    const tasks: ClaimedRow[] = rows.filter((row) => row.watched === null);
    const candidates = rows.filter((row) => row.watched !== null);
    let more = back || rows.length === limit || (wentOn && this.positions.onwardMs === 0);
    if (candidates.length > 0) {
      const { admitted, roomForOthers } = await this.admitted(candidates, full);
      more ||= roomForOthers;
      const order = new Map(rows.map(({ id }, i) => [id, i]));
      tasks.push(...admitted);
      tasks.sort((a, b) => order.get(a.id)! - order.get(b.id)!);
    }
    this.metrics.tasks.moved('Pending', 'Claimed', tasks.length);
    this.aftermath.mayAdmitOthers(tasks.filter(({ ruled }) => ruled));
    return { tasks, more, lookAgainMs: more ? undefined : await this.lookAgainMs(full) };
  }

  /**
   * Looks that pass over tasks leave them behind, so these say nothing about where to go on.
   * @param back tasks came back, to where they stood before.
   */
  private async take(limit: number, full: number[], back: boolean): Promise<{ rows: NextRow[]; wentOn: boolean }> {
    const { positions } = this;
    if (!back && full.length === 0 && positions.onwardMs > 0) {
      const rows = await this.database.run(claimOnward, limit, this.worker.id, full, positions.toJson());
      positions.lookedOnward(rows, rows.length === limit);
      return { rows, wentOn: true };
    }
    const begun = performance.now();
    const rows = await this.database.run(claimNext, limit, this.worker.id, full);
    if (full.length === 0) positions.lookedFromBeginning(rows, rows.length === limit, performance.now() - begun);
    return { rows, wentOn: false };
  }

  /** What is left is locked by somebody just now, or stands too far in front to be looked for all the time. */
  private async lookAgainMs(full: number[]): Promise<number | undefined> {
    const { positions } = this;
    const onwardMs = full.length === 0 ? positions.onwardMs : 0;
    const [{ any }] =
      onwardMs > 0
        ? await this.database.run(anyOnward, full, positions.toJson())
        : await this.database.run(anyToClaim, full);
    if (onwardMs > 0) return any ? Math.min(LOCKED_MS, onwardMs) : onwardMs;
    return any ? LOCKED_MS : undefined;
  }

  /** What is claimed already must be started, whatever becomes of the others: they stay where they are. */
  private async admitted(
    candidates: readonly Found[],
    full: number[],
  ): Promise<{ admitted: ClaimedRow[]; roomForOthers: boolean }> {
    try {
      return await this.database.transaction(async (tx) => {
        const { ids, roomForOthers } = await this.rules.admit(tx, candidates, full);
        return { admitted: ids.length > 0 ? await tx.run(claimAdmitted, ids, this.worker.id) : [], roomForOthers };
      });
    } catch (error) {
      this.logger.error('Rules could not decide', error instanceof Error ? error.stack : String(error));
      return { admitted: [], roomForOthers: false };
    }
  }
}
