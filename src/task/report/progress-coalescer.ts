import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import type { Coalescer } from '../../database/coalescer';
import { Database } from '../../database/database';
import { Coalescers } from '../../database/coalescers';
import { Overloaded } from '../../domain/errors';
import { Metrics } from '../../metrics/metrics';
import { AfterCommit } from '../finish/after-commit';
import { addProgress } from '../sql/add-progress';

export interface Increment {
  id: string;
  success: number;
  failures: number;
}

// Longer than a flush should take, and shorter than the patience of callers.
const MAX_WAIT_MS = 5_000;

/**
 * Coalesces increments, the high-rate path of progress: sums them by task, and writes many tasks in one statement. Each
 * caller is answered when the sum that contains its increment is committed.
 */
@Injectable()
export class ProgressCoalescer {
  private readonly coalescer: Coalescer<Increment, boolean>;
  private readonly capacity: number;

  constructor(
    private readonly database: Database,
    private readonly afterCommit: AfterCommit,
    coalescers: Coalescers,
    metrics: Metrics,
    @Inject(CONFIG) { counters }: Config,
  ) {
    this.capacity = counters.channelCapacity;
    this.coalescer = coalescers.create('counters', (increments) => this.flush(increments), {
      maxItems: counters.channelCapacity,
      pauseMs: counters.flushIntervalMs,
    });
    metrics.database.watchProgress(() => this.coalescer.depth);
  }

  /**
   * @returns whether the task exists
   * @throws {Overloaded} if too many increments have waited for too long
   */
  async add(increment: Increment): Promise<boolean> {
    const deadline = Date.now() + MAX_WAIT_MS;
    while (this.coalescer.depth >= this.capacity) {
      if (!(await this.coalescer.capacity(deadline - Date.now()))) {
        throw new Overloaded('Too many increments are waiting to be written', 1);
      }
    }
    return this.coalescer.add(increment);
  }

  private async flush(increments: Increment[]): Promise<boolean[]> {
    const sums = new Map<string, Increment>();
    for (const { id, success, failures } of increments) {
      const sum = sums.get(id);
      if (sum) {
        sum.success += success;
        sum.failures += failures;
      } else sums.set(id, { id, success, failures });
    }
    const rows = [...sums.values()];
    const found = await this.database.run(
      addProgress,
      rows.map(({ id }) => id),
      rows.map(({ success }) => success),
      rows.map(({ failures }) => failures),
    );
    this.afterCommit.openRuleKeys(found.filter(({ ruled }) => ruled));
    const ids = new Set(found.map(({ id }) => id));
    return increments.map(({ id }) => ids.has(id));
  }
}
