import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Loop } from '../loops/loop';
import { LoopScheduler } from '../loops/loop-scheduler';
import { Rules } from './rules';

const SWEEP_INTERVAL_MS = 30_000;

/** Looks at all rule keys now and then: a crash between a commit and what was to be told of it leaves one closed. */
@Injectable()
export class RulesSweep implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: Loop;

  constructor(
    private readonly rules: Rules,
    private readonly scheduler: LoopScheduler,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.loop = new Loop('rules-sweep', SWEEP_INTERVAL_MS, async () => ({
      found: await this.rules.sweep(),
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
