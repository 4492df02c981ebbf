import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Deferred } from '../database/deferred';
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

/** The notifications that a transaction has queued. */
export interface Queued {
  /** Whether the delivery loop has work now; it scans the queue by itself when the cooldown of a host ends. */
  isDue: boolean;
  /** Notifications that this replica sends itself. */
  leased: DueRow[];
}

/** A row of the queue, and what is sent right after the commit if this replica takes it. */
interface Outgoing {
  row: QueuedRow;
  sending?: DueRow;
}

const NOTHING: Queued = { isDue: false, leased: [] };

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

  /** Queues a delivery for every action, and adds the start calls with a result to the history. */
  enqueue(
    tx: Tx,
    notifications: readonly Notification[],
    starts: readonly NewStartRecord[] = [],
  ): Deferred<Queued> {
    const rows = this.rowsOf(notifications);
    if (rows.length + starts.length === 0) return Deferred.of(NOTHING);
    const json = writeJson(rows.map(({ row }) => row));
    const startsJson = writeJson(starts.map((start) => ({ ...start, id: newId() })));
    return tx.defer(enqueue, json, this.config.delivery.leaseSecs, startsJson).map((alreadyQueued) => {
      const known = new Set(alreadyQueued.map(({ key }) => key));
      const queued = rows.filter(({ row }) => !known.has(row.key));
      const waiting = queued.filter(({ sending }) => !sending);
      return {
        isDue: waiting.some(({ row }) => !this.deliverer.rests(row.host)),
        leased: queued.flatMap(({ sending }) => sending ?? []),
      };
    });
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

  /** Makes notifications due that waited for the start results of these tasks. */
  release(tx: Tx, taskIds: readonly string[]): Deferred<Queued> {
    return tx.defer(release, [...taskIds]).map((rows) => ({ isDue: rows.length > 0, leased: [] }));
  }
}
