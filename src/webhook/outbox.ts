import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import type { Tx } from '../database/statement';
import { type Action, idempotencyKey, type Notice } from '../domain/action';
import type { TraceContext } from '../domain/trace-context';
import { Deliverer } from './deliverer';
import { leasedUntil } from './lease';
import type { DueRow } from './sql/claim-due';
import { enqueue, type QueuedRow, release, type StartRecord } from './sql/enqueue';
import { destinationOf } from './target';
import { newId } from '../database/new-id';
import { writeJson } from '../domain/exact-number';

/** An event that somebody asked to hear of. */
export interface Notification {
  notice: Notice;
  /** Absent for `complete`. */
  taskId?: string;
  batchId: string;
  actions: readonly Action[];
  /** The start call of the task is still in flight, and must be settled before this is sent. */
  awaitingStart: boolean;
  /** What `complete` tells beside the action's own body. */
  completion?: unknown;
  /** Of the request that created the task or batch. */
  trace: TraceContext | null;
}

export type NewStartRecord = Omit<StartRecord, 'id'>;

/** What has been queued in a transaction. */
export interface Queued {
  /**
   * Whether something waits to be looked for. To be asked after the commit: what is for a host that is left alone is
   * looked for when it has rested, and only if it can be seen by then.
   */
  isDue: () => boolean;
  /** What this replica is to send itself, as soon as the transaction is committed. */
  leased: DueRow[];
}

/** A row of the queue, and what is sent right after the commit if this replica takes it. */
interface Outgoing {
  row: QueuedRow;
  sending?: DueRow;
}

const NOTHING: Queued = { isDue: () => false, leased: [] };

/**
 * The transactional outbox: notifications are queued by the transaction that makes them true, and so are neither lost
 * nor sent for something that was rolled back.
 */
@Injectable()
export class Outbox {
  constructor(
    private readonly deliverer: Deliverer,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Queues a delivery for every action, and writes start calls that were settled into the history. An event without
   * actions costs nothing.
   * @returns what is complete when the transaction is committed.
   */
  enqueue(tx: Tx, notifications: readonly Notification[], starts: readonly NewStartRecord[] = []): Queued {
    const rows = this.rowsOf(notifications);
    if (rows.length + starts.length === 0) return NOTHING;
    const json = writeJson(rows.map(({ row }) => row));
    const startsJson = writeJson(starts.map((start) => ({ ...start, id: newId() })));
    const result: Queued = { ...NOTHING };
    tx.defer(enqueue, json, this.config.delivery.leaseSecs, startsJson, (alreadyQueued) => {
      const known = new Set(alreadyQueued.map(({ key }) => key));
      const queued = rows.filter(({ row }) => !known.has(row.key));
      result.leased = queued.flatMap(({ sending }) => sending ?? []);
      const waiting = queued.filter(({ sending }) => !sending);
      result.isDue = () => waiting.some(({ row }) => !this.deliverer.rests(row.host));
    });
    return result;
  }

  private rowsOf(notifications: readonly Notification[]): Outgoing[] {
    const leased_until = leasedUntil(this.config);
    const queued_at = Date.now();
    const room = new Map<string, number>();
    let { free } = this.deliverer;
    const rows: Outgoing[] = [];
    for (const { notice, taskId, batchId: batch_id, actions, awaitingStart, completion, trace } of notifications) {
      const task_id = taskId ?? null;
      for (const [position, action] of actions.entries()) {
        const { url, host } = destinationOf(action);
        const left = room.get(host) ?? (this.deliverer.isOpen ? this.deliverer.roomFor(host) : 0);
        const leased = !awaitingStart && left > 0 && free > 0;
        if (leased) free--;
        room.set(host, leased ? left - 1 : left);
        const key = idempotencyKey(taskId ?? batch_id, notice, position);
        const sending = leased
          ? { key, task_id, batch_id, notice, host, attempts: 1, action, completion, trace, queued_at, leased_until }
          : undefined;
        rows.push({
          row: {
            key,
            id: newId(),
            task_id,
            batch_id,
            notice,
            position,
            awaiting_start: awaitingStart,
            leased,
            url,
            host,
          },
          sending,
        });
      }
    }
    return rows;
  }

  /**
   * Lets go what waited for the start calls of these tasks.
   * @returns what is complete when the transaction is committed.
   */
  release(tx: Tx, taskIds: readonly string[]): Queued {
    const result: Queued = { ...NOTHING };
    tx.defer(release, [...taskIds], (rows) => (result.isDue = () => rows.length > 0));
    return result;
  }
}
