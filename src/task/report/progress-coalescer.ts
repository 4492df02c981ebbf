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

// Longer than a flush takes unless something is wrong, and shorter than callers are patient.
const WAIT_FOR_ROOM_MS = 5_000;

/**
 * The high-rate path of progress: increments add up in memory by task, and one statement writes the sums of many
 * tasks. Each caller is answered when the sum that holds its increment is committed.
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
   * @returns whether there is such a task.
   * @throws {Overloaded} when the increments that wait leave no room in time.
   */
  async add(increment: Increment): Promise<boolean> {
    const deadline = Date.now() + WAIT_FOR_ROOM_MS;
    while (this.coalescer.depth >= this.capacity) {
      if (!(await this.coalescer.room(deadline - Date.now()))) {
        throw new Overloaded('Too many progress reports wait to be written', 1);
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
    this.afterCommit.mayAdmitOthers(found.filter(({ ruled }) => ruled));
    const ids = new Set(found.map(({ id }) => id));
    return increments.map(({ id }) => ids.has(id));
  }
}
