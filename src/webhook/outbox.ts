import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Deferred } from '../database/deferred';
import { newId } from '../database/new-id';
import type { Tx } from '../database/statement';
import { type Action, type Notice, TRIGGER_OF } from '../domain/action';
import { writeJson } from '../domain/exact-number';
import type { TraceContext } from '../domain/trace-context';
import { Deliverer } from './deliverer';
import { callKey, completionNumber } from './call-key';
import { leasedUntil } from './lease';
import { enqueue, type QueuedRow, releaseAfterStart, type StartRecord } from './sql/enqueue';
import type { LeasedRow } from './sql/lease-due';
import { SlotPlan } from './slot-plan';
import { destinationOf } from './target';

/** An event, with the actions to call because of it. */
export interface Notification {
  notice: Notice;
  /** Absent for `complete`. */
  taskId?: string;
  batchId: string;
  /** The attempt at the task; for `complete`, how often the batch has completed. */
  attempt: number;
  actions: readonly Action[];
  /** The start call of the task is in flight, and its result must be recorded first. */
  awaitingStart: boolean;
  /** The member `arcrun` of the body, for `complete`. */
  completion?: unknown;
  /** Trace of the request that created the task or batch. */
  trace: TraceContext | null;
}

export type NewStartRecord = Omit<StartRecord, 'id'>;

/** The notifications that a transaction has queued. */
export interface Queued {
  /** Whether the delivery loop has work now; it scans the queue by itself when the cooldown of a host ends. */
  isDue: boolean;
  /** Notifications that this replica sends itself. */
  leased: LeasedRow[];
}

/** A row of the queue, and its content if this replica sends it right after the commit. */
interface Outgoing {
  row: QueuedRow;
  leased?: LeasedRow;
}

const NOTHING: Queued = { isDue: false, leased: [] };

/**
 * The transactional outbox. A notification is queued by the transaction that makes it true, so it is neither lost nor
 * sent for a change that was rolled back.
 */
@Injectable()
export class Outbox {
  constructor(
    private readonly deliverer: Deliverer,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Queues a delivery for every action, and adds the start calls with a result to the history. */
  enqueue(tx: Tx, notifications: readonly Notification[], starts: readonly NewStartRecord[] = []): Deferred<Queued> {
    const rows = this.rowsOf(notifications);
    if (rows.length + starts.length === 0) return Deferred.of(NOTHING);
    const json = writeJson(rows.map(({ row }) => row));
    const startsJson = writeJson(starts.map((start) => ({ ...start, id: newId() })));
    return tx.defer(enqueue, json, this.config.delivery.leaseSecs, startsJson).map((alreadyQueued) => {
      const known = new Set(alreadyQueued.map(({ key }) => key));
      const queued = rows.filter(({ row }) => !known.has(row.key));
      return {
        isDue: queued.some(({ row, leased }) => !leased && !this.deliverer.isCoolingDown(row.host)),
        leased: queued.flatMap(({ leased }) => leased ?? []),
      };
    });
  }

  /** Makes notifications due that waited for the start results of these tasks. */
  releaseAfterStart(tx: Tx, taskIds: readonly string[]): Deferred<Queued> {
    return tx.defer(releaseAfterStart, [...taskIds]).map((rows) => ({ isDue: rows.length > 0, leased: [] }));
  }

  /** Makes the rows, and leases as many as this replica can send at once. */
  private rowsOf(notifications: readonly Notification[]): Outgoing[] {
    const leased_until = leasedUntil(this.config);
    const queued_at = Date.now();
    const slots = new SlotPlan(this.deliverer);
    const rows: Outgoing[] = [];
    for (const { notice, taskId, batchId: batch_id, attempt, actions, awaitingStart, ...rest } of notifications) {
      const { completion, trace } = rest;
      const task_id = taskId ?? null;
      const n = notice === 'complete' ? completionNumber(attempt, actions.length) : attempt;
      for (const [position, action] of actions.entries()) {
        const { url, host } = destinationOf(action);
        const isLeased = !awaitingStart && slots.take(host, action, TRIGGER_OF[notice]);
        const key = callKey(taskId ?? batch_id, notice, n, position);
        // Written out, because spreading objects here took 2 % of the CPU of a task.
        const leased = isLeased
          ? {
              key,
              task_id,
              batch_id,
              attempt,
              notice,
              host,
              attempts: 1,
              action,
              completion,
              trace,
              queued_at,
              leased_until,
            }
          : undefined;
        rows.push({
          row: {
            key,
            id: newId(),
            task_id,
            batch_id,
            attempt,
            notice,
            position,
            awaiting_start: awaitingStart,
            leased: isLeased,
            url,
            host,
          },
          leased,
        });
      }
    }
    return rows;
  }
}
