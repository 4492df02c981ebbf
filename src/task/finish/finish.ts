import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import { Deferred } from '../../database/deferred';
import type { Tx } from '../../database/statement';
import type { Action, Notice } from '../../domain/action';
import { NO_CHILD_LEFT, parentDidNotSucceed } from '../../domain/consequence';
import type { Ending } from '../../domain/task-status';
import { Propagation } from '../../dag/propagation';
import { Worker } from '../../loops/worker';
import { type NewStartRecord, type Notification, Outbox, type Queued } from '../../webhook/outbox';
import { completeBatches, decrementOpenTasks } from '../sql/complete-batches';
import type { ClaimedRow } from '../sql/claim';
import { endForGood, endOrRetry, type EndParameters, type EndRow, isRetryable, type RetryRow } from '../sql/end-tasks';
import { releaseChildren, type ReleasedRow } from '../sql/release-children';

/** A task to end. */
export interface TaskEnding {
  id: string;
  ending: Ending;
  /** Kept as `failure_reason`; null for a success. */
  reason: string | null;
  /** False if no other attempt may follow, whatever the retry policy says. */
  retry?: boolean;
  /** The delay of the next attempt in seconds, if the receiver asked for another than that of the retry policy. */
  retryDelaySecs?: number;
}

/** The effects of finishing tasks. The caller publishes them after the commit. */
export interface Finished {
  /** All tasks that ended: the requested ones, failed descendants and dead ends. */
  ended: EndRow[];
  /** Tasks that did not end, because another attempt follows. */
  retried: RetryRow[];
  /** Children without open parents: they became `Pending`, or this replica has claimed them. */
  released: Deferred<ReleasedRow[]>;
  /** Those of `released` that this replica has claimed, to start right after the commit. */
  claimed: Deferred<ClaimedRow[]>;
  /** Notifications. */
  queued: Deferred<Queued>[];
}

interface FinishOptions {
  /** Tasks whose start result is recorded in this transaction. */
  startRecorded?: string[];
  /** Start calls to record as deliveries. */
  starts?: NewStartRecord[];
  /** Released children to claim at most. */
  slots?: number;
}

/**
 * The single writer of terminal statuses. Ends a set of tasks within the caller's transaction, with everything that
 * follows: failed descendants, children that become `Pending`, dead ends, notifications, complete batches. A task whose
 * retry policy leaves another attempt does not end, and nothing follows. The caller has locked the footprint
 * (`Propagation.lock`).
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
    { startRecorded = [], starts = [], slots = 0 }: FinishOptions = {},
  ): Promise<Finished> {
    const over = await this.end(tx, endings, startRecorded);
    const retried = over.filter((row) => row.retried);
    const ended = over.filter((row) => !row.retried);
    ended.push(...(await this.cascade(tx, ended)));
    const released = this.release(tx, ended, slots);
    ended.push(...(await this.deadEnds(tx, ended)));
    const notifications = [
      ...retried.flatMap(cancelOf),
      ...ended.flatMap(notificationsOf),
      ...(await this.completedBatches(tx, ended)),
    ];
    return {
      ended,
      retried,
      released,
      claimed: released.map((rows) => rows.filter((row) => row.status === 'Claimed')),
      queued: [this.outbox.enqueue(tx, notifications, starts)],
    };
  }

  /**
   * Decrements the open parents of children, and claims some of those that become `Pending`. Deferred, which saves a round
   * trip: later statements of the transaction see the changed rows, but the result can only be read after the commit.
   */
  private release(tx: Tx, ended: readonly EndRow[], slots: number): Deferred<ReleasedRow[]> {
    const parents = ended.filter(({ has_children }) => has_children);
    if (parents.length === 0) return Deferred.of([]);
    return tx.defer(
      releaseChildren,
      parents.map(({ id }) => id),
      parents.map(({ status }) => status === 'Success'),
      slots,
      this.worker.id,
    );
  }

  /** Fails all descendants that require a task which did not succeed; repeated in case the graph grew meanwhile. */
  private async cascade(tx: Tx, ended: readonly EndRow[]): Promise<EndRow[]> {
    const cascade: EndRow[] = [];
    let failedParents = ended.filter(({ status, has_children }) => status !== 'Success' && has_children);
    while (failedParents.length > 0) {
      const failedDescendants = await this.propagation.failedDescendants(
        tx,
        failedParents.map(({ id }) => id),
      );
      const failed = await this.endForGood(
        tx,
        failedDescendants.map(({ id, parentId }) => parentFailed(id, parentId)),
      );
      cascade.push(...failed);
      failedParents = failed.filter(({ has_children }) => has_children);
    }
    return cascade;
  }

  /** Cancels ancestors that became dead ends; only a task that ended before its parents can have caused one. */
  private async deadEnds(tx: Tx, ended: readonly EndRow[]): Promise<EndRow[]> {
    const below = ended.filter(({ open_parents }) => open_parents > 0).map(({ id }) => id);
    if (!this.config.deadEndCancel || below.length === 0) return [];
    const deadEnds = await this.propagation.deadEndsAbove(tx, below);
    return this.endForGood(
      tx,
      deadEnds.map((id) => ({ id, ending: 'dead end', reason: NO_CHILD_LEFT })),
    );
  }

  /** Ends tasks because of others; no retry policy is about that. */
  private async endForGood(tx: Tx, endings: readonly TaskEnding[]): Promise<EndRow[]> {
    return endings.length === 0 ? [] : tx.run(endForGood, ...this.parametersOf(endings, []));
  }

  private async end(tx: Tx, endings: readonly TaskEnding[], startRecorded: string[]): Promise<(EndRow | RetryRow)[]> {
    if (endings.length === 0) return [];
    const parameters = this.parametersOf(endings, startRecorded);
    const mayRetry = endings.some(({ ending, retry }) => isRetryable(ending) && retry !== false);
    return mayRetry ? tx.run(endOrRetry, ...parameters) : tx.run(endForGood, ...parameters);
  }

  private parametersOf(endings: readonly TaskEnding[], startRecorded: string[]): EndParameters {
    return [
      endings.map(({ id }) => id),
      endings.map(({ ending }) => ending),
      endings.map(({ reason }) => reason),
      endings.map(({ retry }) => retry ?? true),
      endings.map(({ retryDelaySecs }) => retryDelaySecs ?? null),
      startRecorded,
      this.worker.id,
    ];
  }

  private async completedBatches(tx: Tx, ended: readonly EndRow[]): Promise<Notification[]> {
    const counts = new Map<string, number>();
    for (const { batch_id, batch_awaited } of ended) {
      if (batch_awaited) counts.set(batch_id, (counts.get(batch_id) ?? 0) + 1);
    }
    if (counts.size === 0) return [];
    const complete = await tx.run(decrementOpenTasks, [...counts.keys()], [...counts.values()]);
    if (complete.length === 0) return [];
    return this.completions(
      tx,
      complete.map(({ id }) => id),
    );
  }

  /** Completes a batch without tasks, if its completion is awaited. */
  async completeEmpty(tx: Tx, batch: { id: string; on_complete?: readonly Action[] }): Promise<Finished> {
    const notifications = batch.on_complete ? await this.completions(tx, [batch.id]) : [];
    const none = Deferred.of([]);
    return { ended: [], retried: [], released: none, claimed: none, queued: [this.outbox.enqueue(tx, notifications)] };
  }

  /** Records the completion of batches, and returns the notifications about it. */
  private async completions(tx: Tx, batches: string[]): Promise<Notification[]> {
    const rows = await tx.run(completeBatches, batches);
    return rows.map(({ id, on_complete, nth, completion, trace }) => ({
      notice: 'complete',
      batchId: id,
      attempt: nth,
      actions: on_complete,
      awaitingStart: false,
      completion,
      trace,
    }));
  }
}

/** Returns the ending of a task that required one which did not succeed. */
export const parentFailed = (id: string, parentId: string): TaskEnding => ({
  id,
  ending: 'parent failed',
  reason: parentDidNotSucceed(parentId),
});

/**
 * Returns the notifications about an ended task. Tasks canceled by a client get no `on_failure`; dead ends do. Cancel
 * actions are for tasks that a receiver has, or may have by now.
 */
function notificationsOf(row: EndRow): Notification[] {
  const isReceived = row.was === 'Claimed' || row.was === 'Running';
  const notifications = row.status === 'Canceled' && isReceived ? cancelOf(row) : [];
  if (row.ending !== 'canceled' && row.on_end) {
    notifications.push(notificationOf(row, row.status === 'Success' ? 'end:success' : 'end:failure', row.on_end));
  }
  return notifications;
}

/** Returns the notification of the receiver that its attempt was canceled, or given up because it was silent. */
const cancelOf = (row: EndRow | RetryRow): Notification[] =>
  row.on_cancel ? [notificationOf(row, 'cancel', row.on_cancel)] : [];

const notificationOf = (row: EndRow | RetryRow, notice: Notice, actions: readonly Action[]): Notification => ({
  notice,
  taskId: row.id,
  batchId: row.batch_id,
  attempt: row.attempt,
  actions,
  awaitingStart: row.start_open,
  trace: row.trace,
});
