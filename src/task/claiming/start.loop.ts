import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import type { Iteration } from '../../loops/iteration';
import { Wakeups } from '../../loops/wakeups';
import { WorkerLoop } from '../../loops/worker-loop';
import { Claim } from './claim';
import { ClaimSchedule } from './claim-schedule';
import { StartCalls } from './start-calls';
import { StartSlots } from './start-slots';

/**
 * Starts tasks. None is claimed before a slot is free for its call, so no claim waits here while another replica is idle.
 */
@Injectable()
export class StartLoop extends WorkerLoop {
  constructor(
    private readonly claim: Claim,
    private readonly calls: StartCalls,
    private readonly slots: StartSlots,
    private readonly wakeups: Wakeups,
    schedule: ClaimSchedule,
    @Inject(CONFIG) { worker }: Config,
  ) {
    super({
      name: 'start',
      intervalMs: worker.loopIntervalMs,
      enabled: worker.enabled,
      onInterval: () => this.claim.mayHaveOpened(),
    });
    schedule.onDue(() => this.loop.wake());
    slots.onClaimed((tasks) => this.calls.start(tasks));
  }

  override onApplicationBootstrap(): void {
    if (this.enabled) {
      this.slots.open();
      this.wakeups.on('start', () => {
        this.claim.mayHaveOpened();
        this.loop.wake();
      });
    }
    super.onApplicationBootstrap();
  }

  override async onModuleDestroy(): Promise<void> {
    this.calls.giveUpOnOutages();
    await this.slots.close();
    await super.onModuleDestroy();
    await this.claim.close();
    await this.calls.idle();
  }

  /** Claims and starts what may start now; returns how many tasks were found, when their start results are recorded. */
  override async runOnce(): Promise<number> {
    const found = await super.runOnce();
    await this.claim.idle();
    await this.calls.idle();
    return found;
  }

  protected iterate(): Promise<Iteration> {
    return this.claim.next();
  }
}
