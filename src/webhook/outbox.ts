import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import type { Tx } from '../database/statement';
import { type Action, idempotencyKey, type Notice } from '../domain/action';
import { enqueue, release } from './sql/enqueue';
import { recordStarts, type StartRecord } from './sql/record-starts';

/** An event that somebody asked to hear of. */
export interface Notification {
  notice: Notice;
  /** Absent for `complete`. */
  taskId?: string;
  batchId: string;
  actions: readonly Action[];
  /** The start call of the task is still in flight, and must be settled before this is sent. */
  held: boolean;
}

/**
 * The transactional outbox: notifications are queued by the transaction that makes them true, and so are neither lost
 * nor sent for something that was rolled back.
 */
@Injectable()
export class Outbox {
  /** Queues a delivery for every action; answers how many. An event without actions costs nothing. */
  async enqueue(tx: Tx, notifications: readonly Notification[]): Promise<number> {
    const rows = notifications.flatMap(({ notice, taskId, batchId, actions, held }) =>
      actions.map(({ params: { url } }, position) => ({
        key: idempotencyKey(taskId ?? batchId, notice, position),
        id: uuid(),
        task_id: taskId ?? null,
        batch_id: batchId,
        notice,
        position,
        held,
        url,
        host: new URL(url).host,
      })),
    );
    if (rows.length > 0) await tx.run(enqueue, JSON.stringify(rows));
    return rows.length;
  }

  /** Lets go what waited for the start calls of these tasks; answers how many deliveries that were. */
  async release(tx: Tx, taskIds: readonly string[]): Promise<number> {
    return (await tx.run(release, [...taskIds])).length;
  }

  /** Writes start calls that were settled into the history. */
  async recordStarts(tx: Tx, starts: readonly Omit<StartRecord, 'id'>[]): Promise<void> {
    if (starts.length > 0) await tx.run(recordStarts, JSON.stringify(starts.map((s) => ({ ...s, id: uuid() }))));
  }
}
