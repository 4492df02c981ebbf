import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Database } from '../database/database';
import type { Iteration } from '../loops/iteration';
import { Wakeups } from '../loops/wakeups';
import { WorkerLoop } from '../loops/worker-loop';
import { Tracing } from '../tracing/tracing';
import { Deliverer } from './deliverer';
import { leasedUntil } from './lease';
import { leaseDue } from './sql/lease-due';

/** Leases due notifications and has them delivered, at least once each. */
@Injectable()
export class DeliveryLoop extends WorkerLoop {
  /** There may be due notifications that wait for a slot. */
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
    deliverer.onCapacity(
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
    const leased = await this.lease();
    // If none was leased, the rest is for hosts without capacity; a slot that they free wakes this loop.
    return { found: leased, hasMore: leased > 0 && this.backlog && this.deliverer.freeSlots > 0 };
  }

  private async lease(): Promise<number> {
    const limit = Math.min(this.deliverer.freeSlots, this.config.delivery.batchSize);
    // Unknown until the statement has run: a slot that is freed meanwhile must wake the loop.
    this.backlog = true;
    if (limit === 0) return 0;
    const leased_until = leasedUntil(this.config);
    const [byHost, other] = [this.deliverer.capacityByHost, this.deliverer.capacityFor()];
    const due = await this.database.run(leaseDue, limit, this.config.delivery.leaseSecs, other, JSON.stringify(byHost));
    this.tracing.link(due.map(({ trace }) => trace));
    this.deliverer.deliver(due.map((row) => ({ ...row, queued_at: row.queued_at.getTime(), leased_until })));
    // Notifications for cooling hosts do not count: each freed slot would scan past all of them.
    this.backlog = due.length === limit || this.deliverer.hasFullHost;
    return due.length;
  }
}
