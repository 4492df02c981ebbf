import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Database } from '../database/database';
import type { Iteration } from '../loops/iteration';
import { Wakeups } from '../loops/wakeups';
import { WorkerLoop } from '../loops/worker-loop';
import { Tracing } from '../tracing/tracing';
import { Deliverer } from './deliverer';
import { leasedUntil } from './lease';
import { claimDue } from './sql/claim-due';

/** Leases due notifications and has them delivered, at least once each. */
@Injectable()
export class DeliveryLoop extends WorkerLoop {
  private backlog = false;

  constructor(
    private readonly database: Database,
    private readonly deliverer: Deliverer,
    private readonly tracing: Tracing,
    wakeups: Wakeups,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    super({ name: 'delivery', intervalMs: config.delivery.intervalMs, enabled: config.worker.enabled });
    wakeups.on('delivery', () => this.loop.wake());
    deliverer.onRoom(
      () => this.backlog && this.loop.wake(),
      () => this.loop.wake(),
    );
  }

  override async onModuleDestroy(): Promise<void> {
    await super.onModuleDestroy();
    await this.deliverer.stop();
  }

  /** Delivers what is due now and waits for the answers; returns the number of attempts. */
  override async runOnce(): Promise<number> {
    const attempts = await super.runOnce();
    await this.deliverer.idle();
    return attempts;
  }

  protected async iterate(): Promise<Iteration> {
    const claimed = await this.claim();
    // If nothing was claimed, the rest is for hosts without a free slot; a freed slot wakes this loop.
    return { found: claimed, hasMore: claimed > 0 && this.backlog && this.deliverer.free > 0 };
  }

  private async claim(): Promise<number> {
    const limit = Math.min(this.deliverer.free, this.config.delivery.batchSize);
    // Unknown until the claim has run: a slot that is freed meanwhile must wake the loop.
    this.backlog = true;
    if (limit === 0) return 0;
    const leased_until = leasedUntil(this.config);
    const [rooms, room] = [this.deliverer.rooms, this.deliverer.roomFor()];
    const due = await this.database.run(claimDue, limit, this.config.delivery.leaseSecs, room, JSON.stringify(rooms));
    this.tracing.link(due.map(({ trace }) => trace));
    this.deliverer.take(due.map((row) => ({ ...row, queued_at: row.queued_at.getTime(), leased_until })));
    // Notifications for cooling hosts do not count: each freed slot would scan past all of them.
    this.backlog = due.length === limit || this.deliverer.hasFullHost;
    return due.length;
  }
}
