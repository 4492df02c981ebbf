import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Slots } from '../database/slots';

/** The share of the connections that changes of batches may hold. */
const SHARE = 1 / 4;
const MAX_WAITING = 1000;
const MAX_WAIT_MS = 30_000;

/**
 * Bounds how many reruns, stops and additions of tasks run at once in this replica. They wait for each other's locks, and must
 * not hold all connections meanwhile.
 */
@Injectable()
export class BatchChanges {
  private readonly slots: Slots;

  constructor(@Inject(CONFIG) { pool }: Config) {
    const bounds = {
      running: Math.max(1, Math.floor(pool.maxSize * SHARE)),
      waiting: MAX_WAITING,
      waitMs: MAX_WAIT_MS,
    };
    this.slots = new Slots(bounds, 'Too many batches are being changed at the same time');
  }

  /**
   * Runs `work`, a transaction that locks a batch.
   * @throws {Overloaded} when too many wait, or for too long.
   */
  run<T>(work: () => Promise<T>): Promise<T> {
    return this.slots.run(work);
  }
}
