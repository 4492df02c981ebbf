import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import type { Iteration } from '../loops/iteration';
import { WorkerLoop } from '../loops/worker-loop';
import { OpenKeys } from './open-keys';

const SWEEP_INTERVAL_MS = 30_000;

/** Opens all rule keys from time to time: a crash right after a commit may have left one closed that has capacity. */
@Injectable()
export class RulesSweep extends WorkerLoop {
  constructor(
    private readonly keys: OpenKeys,
    @Inject(CONFIG) config: Config,
  ) {
    super({ name: 'rules-sweep', intervalMs: SWEEP_INTERVAL_MS, enabled: config.worker.enabled });
  }

  protected async iterate(): Promise<Iteration> {
    return { found: await this.keys.openAll(), hasMore: false };
  }
}
