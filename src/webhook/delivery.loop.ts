import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Coalescer } from '../database/coalescer';
import { Database } from '../database/database';
import { type Action, TRIGGER_OF } from '../domain/action';
import { isObject } from '../domain/json';
import { InFlight } from '../loops/in-flight';
import { Loop } from '../loops/loop';
import { LoopScheduler } from '../loops/loop-scheduler';
import { persist } from '../loops/persist';
import { Wakeups } from '../loops/wakeups';
import { Metrics } from '../metrics/metrics';
import { backoffSecs } from './backoff';
import { WebhookClient } from './client';
import { claimDue, type DueRow } from './sql/claim-due';
import { mark, type Mark } from './sql/mark';

// One host may hold this share of the places at most, so that a few that hang leave room for the others.
const HOST_SHARE = 1 / 4;

/** Delivers what is in the outbox, at least once, at most `WEBHOOK_DELIVERY_CONCURRENCY` at a time. */
@Injectable()
export class DeliveryLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(DeliveryLoop.name);
  private readonly loop: Loop;
  private readonly inFlight: InFlight;
  private readonly perHost: number;
  private readonly hosts = new Map<string, number>();
  private readonly marks: Coalescer<Mark, void>;
  private backlog = false;
  private stopping = false;

  constructor(
    private readonly database: Database,
    private readonly client: WebhookClient,
    private readonly wakeups: Wakeups,
    private readonly metrics: Metrics,
    private readonly scheduler: LoopScheduler,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    const { intervalMs, concurrency } = config.delivery;
    this.loop = new Loop('delivery', intervalMs, () => this.round());
    this.inFlight = new InFlight(concurrency, () => this.backlog && this.loop.wake());
    this.perHost = Math.ceil(concurrency * HOST_SHARE);
    this.marks = new Coalescer<Mark, void>(
      async (marks) => {
        await database.run(mark, JSON.stringify(marks));
        return marks.map(() => undefined);
      },
      { onFlush: (items) => metrics.database.flushed('delivery-marks', items) },
    );
  }

  onApplicationBootstrap(): void {
    if (!this.config.worker.enabled) return;
    this.wakeups.on('delivery', () => this.loop.wake());
    this.loop.start(this.scheduler);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    await this.loop.stop();
    await this.inFlight.idle();
  }

  /** Claims and delivers what is due now, and waits for all of it; answers how many attempts were made. */
  async runOnce(): Promise<number> {
    const claimed = await this.claim();
    await this.inFlight.idle();
    return claimed;
  }

  private async round(): Promise<boolean> {
    const claimed = await this.claim();
    // Nothing for the hosts that have room: what is left waits for a place at a full one, which wakes this loop.
    return claimed > 0 && this.backlog && this.inFlight.free > 0;
  }

  private async claim(): Promise<number> {
    const limit = Math.min(this.inFlight.free, this.config.delivery.batchSize);
    // Until the claim has looked, there may be more: a place that becomes free meanwhile must ask again.
    this.backlog = true;
    if (limit === 0) return 0;
    const full = this.fullHosts();
    const due = await this.database.run(claimDue, limit, this.config.delivery.leaseSecs, this.perHost, full);
    for (const row of due) this.inFlight.run(() => this.deliver(row));
    this.backlog = due.length === limit || this.fullHosts().length > 0;
    return due.length;
  }

  private fullHosts(): string[] {
    return [...this.hosts].filter(([, calls]) => calls >= this.perHost).map(([host]) => host);
  }

  private async deliver(row: DueRow): Promise<void> {
    this.hosts.set(row.host, (this.hosts.get(row.host) ?? 0) + 1);
    const begun = performance.now();
    try {
      const result = await this.attempt(row);
      await persist(
        () => this.marks.add(result),
        () => this.stopping,
      );
      const lagMs = row.queued_ms + performance.now() - begun;
      this.metrics.webhooks.marked(TRIGGER_OF[row.notice], result.outcome, lagMs);
    } catch (error) {
      // The lease runs out and the notification is sent again: at least once.
      this.logger.error('An attempt could not be marked', { key: row.key, error: String(error) });
    } finally {
      const calls = this.hosts.get(row.host)! - 1;
      if (calls > 0) this.hosts.set(row.host, calls);
      else this.hosts.delete(row.host);
    }
  }

  private async attempt({ key, attempts, action, notice, completion, task_id, batch_id }: DueRow): Promise<Mark> {
    if (!action) {
      return {
        key,
        attempts,
        outcome: 'exhausted',
        last_status: null,
        last_error: 'The task is gone',
        delay_secs: null,
      };
    }
    const answer = await this.client.send({
      params: notice === 'complete' ? withCompletion(action, completion) : action.params,
      key,
      trigger: TRIGGER_OF[notice],
      taskId: task_id ?? undefined,
    });
    const seen = { key, attempts, last_status: answer.status ?? null, last_error: answer.error ?? null };
    if (answer.ok) return { ...seen, outcome: 'success', delay_secs: null };
    const exhausted = attempts >= this.config.delivery.maxAttempts;
    const about = { key, attempts, task_id, batch_id };
    if (exhausted) this.logger.warn(`Notification given up: ${answer.error}`, about);
    else this.logger.debug(`Notification not delivered: ${answer.error}`, about);
    return {
      ...seen,
      outcome: exhausted ? 'exhausted' : 'retry',
      delay_secs: exhausted ? null : backoffSecs(attempts, this.config.delivery),
    };
  }
}

/** The body of `on_batch_complete`: the action's own members, and `arcrun` beside them. */
function withCompletion({ params }: Action, completion: unknown): Action['params'] {
  return { ...params, body: { ...(isObject(params.body) ? params.body : {}), arcrun: completion } };
}
