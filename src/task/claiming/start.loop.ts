import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import { Loop } from '../../loops/loop';
import { LoopScheduler } from '../../loops/loop-scheduler';
import { Wakeups } from '../../loops/wakeups';
import { Claim } from './claim';
import { StartCalls } from './start-calls';
import { StartSlots } from './start-slots';

/**
 * Starts tasks. None is claimed before a slot is free for its call, so no claim waits here while another replica is idle.
 */
@Injectable()
export class StartLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: Loop;

  constructor(
    private readonly claim: Claim,
    private readonly calls: StartCalls,
    private readonly slots: StartSlots,
    private readonly wakeups: Wakeups,
    private readonly scheduler: LoopScheduler,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.loop = new Loop('start', config.worker.loopIntervalMs, () => this.claim.next(), {
      onInterval: () => this.claim.reconsider(),
    });
    this.claim.onDue(() => this.loop.wake());
    this.slots.connect(
      (tasks) => this.calls.start(tasks),
      () => this.loop.wake(),
    );
  }

  onApplicationBootstrap(): void {
    if (!this.config.worker.enabled) return;
    this.slots.open();
    this.wakeups.on('start', () => {
      this.claim.reconsider();
      this.loop.wake();
    });
    this.loop.start(this.scheduler);
  }

  async onModuleDestroy(): Promise<void> {
    await this.slots.close();
    await this.loop.stop();
    await this.claim.close();
    await this.calls.close();
  }

  /** Claims and starts what may start now; returns how many tasks were found, when their start results are recorded. */
  async runOnce(): Promise<number> {
    const { found } = await this.claim.next();
    await this.claim.idle();
    await this.calls.idle();
    return found;
  }
}
