import { Injectable } from '@nestjs/common';
import { Database } from '../database/database';
import { InvalidRequest, NotFound } from '../domain/errors';
import { Wakeups } from '../loops/wakeups';
import { exhaustedDeliveries, replay, type ReplayableRow, settledDelivery } from './sql/replay';
import { targetOf } from './target';

/** So many at a time: whoever replays a large backlog asks again, and sees how it goes. */
const REPLAYED_AT_ONCE = 1000;

/** Sends notifications again that were given up: a receiver that was away for long is back. */
@Injectable()
export class Replay {
  constructor(
    private readonly database: Database,
    private readonly wakeups: Wakeups,
  ) {}

  /**
   * Queues one notification again.
   * @throws {NotFound} where there is no such delivery
   * @throws {InvalidRequest} unless it was given up: what succeeded is never sent again, and a start is none of these
   */
  async one(id: string): Promise<void> {
    const [found] = await this.database.run(settledDelivery, id);
    if (!found) throw new NotFound(`There is no settled delivery ${id}`);
    const isQueued = found.status === 'exhausted' && (await this.queue([found])) > 0;
    if (!isQueued) throw new InvalidRequest('Only notifications that were given up (exhausted) can be replayed');
  }

  /** Queues the oldest that were given up, a thousand at most; answers how many. */
  async exhausted(taskId?: string): Promise<number> {
    return this.queue(await this.database.run(exhaustedDeliveries, taskId ?? null, REPLAYED_AT_ONCE));
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
