import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Database } from '../database/database';
import { newId } from '../database/new-id';
import type { Queryable } from '../database/statement';
import { DatabaseUnavailable } from '../domain/errors';
import { Loop } from './loop';
import { LoopScheduler } from './loop-scheduler';
import type { Iteration } from './iteration';
import { beat, leave, starters } from './sql/worker';

// So many signs of life fit into the time after which a silent replica counts as dead.
const BEATS_PER_TIMEOUT = 5;

/**
 * This replica, as the others see it. A claim is as fresh as its worker: one row refreshed here keeps all claims of
 * this process, however many wait for a permit.
 */
@Injectable()
export class Worker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly id = newId();
  /** Other replicas alive at the last sign of life. */
  others = 0;
  private readonly loop: Loop;

  constructor(
    private readonly database: Database,
    private readonly scheduler: LoopScheduler,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    const intervalMs = (config.worker.claimTimeoutSecs * 1000) / BEATS_PER_TIMEOUT;
    // The others wait for a sign of life: a beat that fails is repeated no later than the next one is due.
    this.loop = new Loop('heartbeat', intervalMs, () => this.beat(), { maxPauseMs: intervalMs / 2 });
  }

  /** Another replica has been heard of: it is told of work from now on, and counted at the next sign of life. */
  noteOther(): void {
    this.others = Math.max(1, this.others);
  }

  /** The first sign of life precedes the first claim, or another replica could take the claim for a dead one's. */
  async onApplicationBootstrap(): Promise<void> {
    await this.beat().catch((error: unknown) => {
      // Without a database there are no claims either, and the loop gives the first sign when there is one.
      if (!(error instanceof DatabaseUnavailable)) throw error;
    });
    this.loop.start(this.scheduler);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
    // Best effort: without the database, the row grows stale by itself.
    await this.database.run(leave, this.id).catch(() => undefined);
  }

  /** How many replicas, this one included, live and start tasks. */
  async countStarters(database: Queryable): Promise<number> {
    return (await database.run(starters, this.config.worker.claimTimeoutSecs))[0].starters;
  }

  private async beat(): Promise<Iteration> {
    const { claimTimeoutSecs, enabled } = this.config.worker;
    const [{ others }] = await this.database.runPastBreaker(beat, this.id, claimTimeoutSecs, enabled);
    this.others = others;
    return { found: 0, hasMore: false };
  }
}
