import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log';
import { Database } from '../database/database';
import type { Tx } from '../database/statement';
import { InvalidRequest, NotFound } from '../domain/errors';
import { Wakeups } from '../loops/wakeups';
import { MAX_REPLAYED } from './dto/replay.dto';
import type { DeliveryFilter } from './sql/delivery-filter';
import { findDelivery, findExhausted, replay, type ReplayableRow, type ReplayedRow } from './sql/replay';
import { targetOf } from './target';

/** Queues exhausted notifications again, for receivers that were away for long. */
@Injectable()
export class Replay {
  constructor(
    private readonly database: Database,
    private readonly wakeups: Wakeups,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Queues one exhausted notification again.
   * @param actor of the audit log.
   * @throws {NotFound} if the history has no such delivery
   * @throws {InvalidRequest} if it was delivered, or is a start call
   */
  async one(id: string, actor: string | null): Promise<void> {
    const [found] = await this.database.run(findDelivery, id);
    if (!found) throw new NotFound(`Delivery ${id} does not exist or is still pending`);
    const isQueued = found.status === 'exhausted' && (await this.queue([found], actor)) > 0;
    if (!isQueued) throw new InvalidRequest('Only exhausted deliveries can be replayed');
  }

  /** Queues the oldest exhausted notifications of a selection again, at most a thousand; returns their number. */
  async exhausted(filter: DeliveryFilter, actor: string | null): Promise<number> {
    const [statement, values] = findExhausted(filter, MAX_REPLAYED);
    return this.queue(await this.database.run(statement, ...values), actor);
  }

  private async queue(found: readonly ReplayableRow[], actor: string | null): Promise<number> {
    const queued = await this.database.transaction(async (tx) => {
      const rows = await tx.run(
        replay,
        found.map(({ id }) => id),
        found.map(({ url }) => targetOf(url).host),
      );
      if (rows.length > 0) this.record(tx, actor, rows);
      return rows;
    });
    if (queued.length > 0) this.wakeups.wake('delivery');
    return queued.length;
  }

  private record(tx: Tx, actor: string | null, queued: readonly ReplayedRow[]): void {
    this.audit.record(tx, {
      action: 'replay_deliveries',
      actor,
      batchId: only(queued.map(({ batch_id }) => batch_id)),
      taskId: only(queued.map(({ task_id }) => task_id)),
      details: { deliveries: queued.length },
    });
  }
}

/** Returns the id that all have, or null if they differ. */
const only = (ids: readonly (string | null)[]): string | null => (new Set(ids).size === 1 ? ids[0] : null);
