import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Loop } from '../loops/loop';
import { LoopScheduler } from '../loops/loop-scheduler';
import { OpenKeys } from './open-keys';

const SWEEP_INTERVAL_MS = 30_000;

/** Opens all rule keys from time to time: a crash right after a commit may have left one closed that has capacity. */
@Injectable()
export class RulesSweep implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: Loop;

  constructor(
    private readonly keys: OpenKeys,
    private readonly scheduler: LoopScheduler,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.loop = new Loop('rules-sweep', SWEEP_INTERVAL_MS, async () => ({
      found: await this.keys.openAll(),
      hasMore: false,
    }));
  }

  onApplicationBootstrap(): void {
    if (this.config.worker.enabled) this.loop.start(this.scheduler);
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
  }
}
