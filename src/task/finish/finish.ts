import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import type { Tx } from '../../database/statement';
import type { Action } from '../../domain/action';
import type { Ending } from '../../domain/task-status';
import { Propagation } from '../../dag/propagation';
import { Worker } from '../../loops/worker';
import { type NewStartRecord, type Notification, Outbox, type Queued } from '../../webhook/outbox';
import { completeBatches, decrementOpenTasks } from '../sql/complete-batches';
import type { ClaimedRow } from '../sql/claim';
import { type EndRow, endTasks } from '../sql/end-tasks';
import { releaseChildren, type ReleasedRow } from '../sql/release-children';

/** A task that is to end. */
export interface TaskEnding {
  id: string;
  ending: Ending;
  /** Kept as `failure_reason`; null for a success. */
  reason: string | null;
}

/** What came of it. Whoever finished tells the world about it after the commit. */
export interface Finished {
  /** Every task that ended: the ones asked for that could, and all that followed them. */
  ended: EndRow[];
  /** Tasks that may start now. */
  released: string[];
  /** Those of them that this replica has claimed already, and starts right after the commit. */
  claimed: ClaimedRow[];
  /** Notifications; complete with the commit. */
  queued: Queued[];
}

interface FinishOptions {
  /** Tasks whose start call is settled in this same transaction. */
  settled?: string[];
  /** Start calls that go on record with all this. */
  starts?: NewStartRecord[];
  /** For start calls: so many of the tasks that become free are claimed. */
  slots?: number;
}

/**
 * The one door to the end: nothing else makes a task terminal. A set of endings and all that follows from them —
 * dependents that fall, children that become free, dead ends above, whom to tell, batches that are complete — within
 * the caller's transaction. The caller has locked the footprint (`Propagation.lock`).
 */
@Injectable()
export class Finish {
  constructor(
    private readonly propagation: Propagation,
    private readonly outbox: Outbox,
    private readonly worker: Worker,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async finish(
    tx: Tx,
    endings: readonly TaskEnding[],
    { settled = [], starts = [], slots = 0 }: FinishOptions = {},
  ): Promise<Finished> {
    const ended = await this.end(tx, endings, settled);
    ended.push(...(await this.cascade(tx, ended)));
    const freed = await this.release(tx, ended, slots);
    ended.push(...(await this.deadEnds(tx, ended)));
    const notifications = [...ended.flatMap(notificationsOf), ...(await this.completedBatches(tx, ended))];
    return {
      ended,
      released: freed.map(({ id }) => id),
      claimed: freed.filter((row) => row.status === 'Claimed'),
      queued: [this.outbox.enqueue(tx, notifications, starts)],
    };
  }

  /** Counts the ends in the children, and claims some of those that become free. */
  private async release(tx: Tx, ended: readonly EndRow[], slots: number): Promise<ReleasedRow[]> {
    const parents = ended.filter(({ has_children }) => has_children);
    if (parents.length === 0) return [];
    return tx.run(
      releaseChildren,
      parents.map(({ id }) => id),
      parents.map(({ status }) => status === 'Success'),
      slots,
      this.worker.id,
    );
  }

  /** Everything that required a task which ended badly. Repeated until nothing is left, should a graph grow meanwhile. */
  private async cascade(tx: Tx, ended: readonly EndRow[]): Promise<EndRow[]> {
    const cascade: EndRow[] = [];
    let failedParents = ended.filter(({ status, has_children }) => status !== 'Success' && has_children);
    while (failedParents.length > 0) {
      const failedDescendants = await this.propagation.failedDescendants(
        tx,
        failedParents.map(({ id }) => id),
      );
      const failed = await this.end(
        tx,
        failedDescendants.map(({ id, parentId }) => parentFailed(id, parentId)),
      );
      cascade.push(...failed);
      failedParents = failed.filter(({ has_children }) => has_children);
    }
    return cascade;
  }

  /** Ancestors that have become pointless; only what ended before its parents can have made them so. */
  private async deadEnds(tx: Tx, ended: readonly EndRow[]): Promise<EndRow[]> {
    const before = ended.filter(({ open_parents }) => open_parents > 0).map(({ id }) => id);
    if (!this.config.deadEndCancel || before.length === 0) return [];
    const pointless = await this.propagation.deadEndsAbove(tx, before);
    return this.end(
      tx,
      pointless.map((id) => ({ id, ending: 'dead end', reason: 'All child tasks already terminated' })),
    );
  }

  private async end(tx: Tx, endings: readonly TaskEnding[], settled: string[] = []): Promise<EndRow[]> {
    if (endings.length === 0) return [];
    return tx.run(
      endTasks,
      endings.map(({ id }) => id),
      endings.map(({ ending }) => ending),
      endings.map(({ reason }) => reason),
      settled,
      this.worker.id,
    );
  }

  private async completedBatches(tx: Tx, ended: readonly EndRow[]): Promise<Notification[]> {
    const counts = new Map<string, number>();
    for (const { batch_id, batch_awaited } of ended) {
      if (batch_awaited) counts.set(batch_id, (counts.get(batch_id) ?? 0) + 1);
    }
    if (counts.size === 0) return [];
    const done = await tx.run(decrementOpenTasks, [...counts.keys()], [...counts.values()]);
    return done.length > 0
      ? this.completions(
          tx,
          done.map(({ id }) => id),
        )
      : [];
  }

  /** Ends a batch that came out empty; there is only something to do where somebody wants to be told. */
  async completeEmpty(tx: Tx, batch: { id: string; on_complete?: readonly Action[] }): Promise<Finished> {
    const notifications = batch.on_complete ? await this.completions(tx, [batch.id]) : [];
    return { ended: [], released: [], claimed: [], queued: [this.outbox.enqueue(tx, notifications)] };
  }

  /** Records the end of these batches, which have no unfinished task, and answers what to tell of it. */
  private async completions(tx: Tx, batches: string[]): Promise<Notification[]> {
    const rows = await tx.run(completeBatches, batches);
    return rows.map(({ id, on_complete, completion, trace }) => ({
      notice: 'complete',
      batchId: id,
      actions: on_complete,
      awaitingStart: false,
      completion,
      trace,
    }));
  }
}

/** The end of a task that required one which did not succeed. */
export const parentFailed = (id: string, parentId: string): TaskEnding => ({
  id,
  ending: 'parent failed',
  reason: `Parent task ${parentId} did not succeed`,
});

/**
 * Whom an end concerns. Tasks canceled by a person get no `on_failure`; dead ends do. Only work that a receiver has,
 * or may have by now, needs to be told to stop.
 */
function notificationsOf(row: EndRow): Notification[] {
  const { id: taskId, batch_id: batchId, start_open: awaitingStart, trace } = row;
  const notifications: Notification[] = [];
  if (row.status === 'Canceled' && row.on_cancel && (row.was === 'Claimed' || row.was === 'Running')) {
    notifications.push({ notice: 'cancel', taskId, batchId, actions: row.on_cancel, awaitingStart, trace });
  }
  if (row.ending !== 'canceled' && row.on_end) {
    const notice = row.status === 'Success' ? 'end:success' : 'end:failure';
    notifications.push({ notice, taskId, batchId, actions: row.on_end, awaitingStart, trace });
  }
  return notifications;
}
