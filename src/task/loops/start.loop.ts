import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { CONFIG, type Config } from '../../config/config';
import { idempotencyKey } from '../../domain/action';
import { InFlight } from '../../loops/in-flight';
import { Loop } from '../../loops/loop';
import { persist } from '../../loops/persist';
import { Wakeups } from '../../loops/wakeups';
import { WebhookClient } from '../../webhook/client';
import { TargetPolicy } from '../../webhook/ssrf/target-policy';
import { cancelActionsOf } from '../lifecycle/cancel-actions';
import { Claim } from '../lifecycle/claim';
import { TaskLane } from '../lifecycle/task-lane';
import type { ClaimedRow } from '../sql/claim';

/**
 * Starts tasks: claims as many as there are places for calls, calls `on_start`, and puts the answer on record. No task
 * is claimed before a place is free for its call, so a claim is never kept waiting here while another replica is idle.
 */
@Injectable()
export class StartLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(StartLoop.name);
  private readonly loop: Loop;
  private readonly inFlight: InFlight;
  private readonly starting = new Set<string>();
  private backlog = false;
  private stopping = false;

  constructor(
    private readonly claims: Claim,
    private readonly client: WebhookClient,
    private readonly targets: TargetPolicy,
    private readonly lane: TaskLane,
    private readonly wakeups: Wakeups,
    private readonly scheduler: SchedulerRegistry,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.loop = new Loop('start', config.worker.loopIntervalMs, () => this.round());
    this.inFlight = new InFlight(config.worker.webhookConcurrency, () => this.backlog && this.loop.wake());
  }

  onApplicationBootstrap(): void {
    if (!this.config.worker.enabled) return;
    this.wakeups.on('start', () => this.loop.wake());
    this.loop.start(this.scheduler);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    await this.loop.stop();
    await this.inFlight.idle();
  }

  /** Tasks whose start call this replica is making. */
  get callsInFlight(): string[] {
    return [...this.starting];
  }

  /** Claims and starts what may start now, and waits for the answers; answers how many were claimed. */
  async runOnce(): Promise<number> {
    const claimed = await this.claim();
    await this.inFlight.idle();
    return claimed;
  }

  private async round(): Promise<boolean> {
    await this.claim();
    return this.backlog && this.inFlight.free > 0;
  }

  private async claim(): Promise<number> {
    const limit = Math.min(this.inFlight.free, this.config.worker.startBatchSize);
    // Until the claim has looked, there may be more: a place that becomes free meanwhile must ask again.
    this.backlog = true;
    if (limit === 0) return 0;
    const { tasks, more } = await this.claims.next(limit);
    for (const task of tasks) {
      this.starting.add(task.id);
      this.inFlight.run(() => this.start(task));
    }
    this.backlog = more;
    return tasks.length;
  }

  private async start(task: ClaimedRow): Promise<void> {
    const { id, batch_id, on_start, claimed_at, start_calls } = task;
    try {
      const { ok, status, error, body } = await this.client.send({
        params: on_start.params,
        key: idempotencyKey(id, 'start'),
        trigger: 'start',
        taskId: id,
      });
      if (!ok) this.logger.warn(`Start refused: ${error}`, { task_id: id, batch_id });
      const settlement = {
        id,
        batchId: batch_id,
        url: on_start.params.url,
        claimedAt: claimed_at,
        calls: start_calls,
        ok,
        status,
        error,
        onCancel: ok
          ? cancelActionsOf(body, this.targets, (fault) => this.logger.warn(fault, { task_id: id, batch_id }))
          : [],
      };
      await persist(
        () => this.lane.settle(settlement),
        () => this.stopping,
      );
    } catch (error) {
      // The claim stays in the database, and is given back when it has grown stale.
      this.logger.error('A start call could not be put on record', { task_id: id, batch_id, error: String(error) });
    } finally {
      this.starting.delete(id);
    }
  }
}
