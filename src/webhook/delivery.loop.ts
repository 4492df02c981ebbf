import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Database } from '../database/database';
import { Loop } from '../loops/loop';
import { LoopScheduler } from '../loops/loop-scheduler';
import type { Iteration } from '../loops/iteration';
import { Wakeups } from '../loops/wakeups';
import { Tracing } from '../tracing/tracing';
import { Deliverer } from './deliverer';
import { leasedUntil } from './lease';
import { claimDue } from './sql/claim-due';

/** Looks for notifications that are due, takes them under a lease, and has them delivered: at least once. */
@Injectable()
export class DeliveryLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: Loop;
  private backlog = false;

  constructor(
    private readonly database: Database,
    private readonly deliverer: Deliverer,
    private readonly wakeups: Wakeups,
    private readonly scheduler: LoopScheduler,
    private readonly tracing: Tracing,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.loop = new Loop('delivery', config.delivery.intervalMs, () => this.iteration());
    deliverer.onRoom(
      () => this.backlog && this.loop.wake(),
      () => this.loop.wake(),
    );
  }

  onApplicationBootstrap(): void {
    if (!this.config.worker.enabled) return;
    this.wakeups.on('delivery', () => this.loop.wake());
    this.loop.start(this.scheduler);
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
    await this.deliverer.stop();
  }

  /** Claims and delivers what is due now, and waits for all of it; answers how many attempts were made. */
  async runOnce(): Promise<number> {
    const claimed = await this.claim();
    await this.deliverer.idle();
    return claimed;
  }

  private async iteration(): Promise<Iteration> {
    const claimed = await this.claim();
    // Nothing for the hosts that have room: what is left waits for a place at a full one, which wakes this loop.
    return { found: claimed, hasMore: claimed > 0 && this.backlog && this.deliverer.free > 0 };
  }

  private async claim(): Promise<number> {
    const limit = Math.min(this.deliverer.free, this.config.delivery.batchSize);
    // Until the claim has looked, there may be hasMore: a place that becomes free meanwhile must ask again.
    this.backlog = true;
    if (limit === 0) return 0;
    const leased_until = leasedUntil(this.config);
    const [rooms, room] = [this.deliverer.rooms, this.deliverer.roomFor()];
    const due = await this.database.run(claimDue, limit, this.config.delivery.leaseSecs, room, JSON.stringify(rooms));
    this.tracing.link(due.map(({ trace }) => trace));
    this.deliverer.take(due.map((row) => ({ ...row, queued_at: row.queued_at.getTime(), leased_until })));
    // What is for a host that rests is no reason to look again for every place that becomes free: a look reads past all of it.
    this.backlog = due.length === limit || this.deliverer.hasFullHost;
    return due.length;
  }
}
