import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Database } from '../database/database';
import { newId } from '../database/new-id';
import type { Queryable } from '../database/statement';
import { DatabaseUnavailable } from '../domain/errors';
import type { Iteration } from './iteration';
import { Loop } from './loop';
import { LoopScheduler } from './loop-scheduler';
import { beat, leave, starters } from './sql/worker';

/** Heartbeats within the time after which a silent worker counts as lost. */
const BEATS_PER_TIMEOUT = 5;

/** This replica as the owner of claims. Its heartbeat refreshes one row, and that keeps all of its claims alive. */
@Injectable()
export class Worker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly id = newId();
  /** Number of other live replicas at the last heartbeat. */
  others = 0;
  private readonly loop: Loop;

  constructor(
    private readonly database: Database,
    private readonly scheduler: LoopScheduler,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    const intervalMs = (config.worker.claimTimeoutSecs * 1000) / BEATS_PER_TIMEOUT;
    // A failed heartbeat is repeated before the next one is due, or others would take this worker for lost.
    this.loop = new Loop('heartbeat', intervalMs, () => this.beat(), { maxPauseMs: intervalMs / 2 });
  }

  /** Records that another replica is alive, so that wake-ups are sent to it before the next heartbeat counts it. */
  noteOther(): void {
    this.others = Math.max(1, this.others);
  }

  /** Sends the first heartbeat before the first claim, which others could otherwise take for that of a lost worker. */
  async onApplicationBootstrap(): Promise<void> {
    await this.beat().catch((error: unknown) => {
      // Without a database there are no claims either, and the loop sends the first heartbeat when it is back.
      if (!(error instanceof DatabaseUnavailable)) throw error;
    });
    this.loop.start(this.scheduler);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
    // Best effort: without the database, the row becomes stale by itself.
    await this.database.run(leave, this.id).catch(() => undefined);
  }

  /** Returns the number of live replicas that start tasks, including this one. */
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
