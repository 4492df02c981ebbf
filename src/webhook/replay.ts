import { Injectable } from '@nestjs/common';
import { Database } from '../database/database';
import { InvalidRequest, NotFound } from '../domain/errors';
import { Wakeups } from '../loops/wakeups';
import { findDelivery, findExhausted, replay, type ReplayableRow } from './sql/replay';
import { targetOf } from './target';

/** A limit for each request, so that a client replays a large backlog step by step. */
const REPLAYED_AT_ONCE = 1000;

/** Queues exhausted notifications again, for receivers that were away for long. */
@Injectable()
export class Replay {
  constructor(
    private readonly database: Database,
    private readonly wakeups: Wakeups,
  ) {}

  /**
   * Queues one exhausted notification again.
   * @throws {NotFound} if the history has no such delivery
   * @throws {InvalidRequest} if it was delivered, or is a start call
   */
  async one(id: string): Promise<void> {
    const [found] = await this.database.run(findDelivery, id);
    if (!found) throw new NotFound(`Delivery ${id} does not exist or is still pending`);
    const isQueued = found.status === 'exhausted' && (await this.queue([found])) > 0;
    if (!isQueued) throw new InvalidRequest('Only exhausted deliveries can be replayed');
  }

  /** Queues the oldest exhausted notifications again, at most a thousand; returns their number. */
  async exhausted(taskId?: string): Promise<number> {
    return this.queue(await this.database.run(findExhausted, taskId ?? null, REPLAYED_AT_ONCE));
  }

  private async queue(found: readonly ReplayableRow[]): Promise<number> {
    const queued = await this.database.run(
      replay,
      found.map(({ id }) => id),
      found.map(({ url }) => targetOf(url).host),
    );
    if (queued.length > 0) this.wakeups.wake('delivery');
    return queued.length;
  }
}
