import { Inject, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Iteration } from './iteration';
import { Loop } from './loop';
import { LoopScheduler } from './loop-scheduler';

interface Options {
  /** In logs and metrics. */
  name: string;
  intervalMs: number;
  /** Usually `WORKER_ENABLED`. */
  enabled: boolean;
  /** Called before an iteration that the interval begins, and not a wake-up. */
  onInterval?: () => void;
}

/** Base of the providers that look for work in the background: runs their iterations while the application is up. */
export abstract class WorkerLoop implements OnApplicationBootstrap, OnModuleDestroy {
  protected readonly loop: Loop;
  protected readonly enabled: boolean;
  @Inject(LoopScheduler) private readonly scheduler: LoopScheduler;

  protected constructor({ name, intervalMs, enabled, onInterval }: Options) {
    this.loop = new Loop(name, intervalMs, () => this.iterate(), { onInterval });
    this.enabled = enabled;
  }

  /** Does what is due now. */
  protected abstract iterate(): Promise<Iteration>;

  onApplicationBootstrap(): void {
    if (this.enabled) this.loop.start(this.scheduler);
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
  }

  /** Runs one iteration outside of the schedule, also where the loop is disabled; returns the number of items found. */
  async runOnce(): Promise<number> {
    return (await this.iterate()).found;
  }
}
