import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import type { Coalescer } from '../../database/coalescer';
import { Database } from '../../database/database';
import { Lanes } from '../../database/lanes';
import { Overloaded } from '../../domain/errors';
import { Metrics } from '../../metrics/metrics';
import { Aftermath } from '../lifecycle/aftermath';
import { count } from '../sql/count';

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
export class CounterLane {
  private readonly lane: Coalescer<Increment, boolean>;
  private readonly capacity: number;

  constructor(
    private readonly database: Database,
    private readonly aftermath: Aftermath,
    lanes: Lanes,
    metrics: Metrics,
    @Inject(CONFIG) { counters }: Config,
  ) {
    this.capacity = counters.channelCapacity;
    this.lane = lanes.open('counters', (increments) => this.flush(increments), {
      maxItems: counters.channelCapacity,
      pauseMs: counters.flushIntervalMs,
    });
    metrics.database.watchCounterLane(() => this.lane.depth);
  }

  /**
   * @returns whether there is such a task.
   * @throws {Overloaded} when the increments that wait leave no room in time.
   */
  async add(increment: Increment): Promise<boolean> {
    const deadline = Date.now() + WAIT_FOR_ROOM_MS;
    while (this.lane.depth >= this.capacity) {
      if (!(await this.lane.room(deadline - Date.now()))) {
        throw new Overloaded('Too many progress reports wait to be written', 1);
      }
    }
    return this.lane.add(increment);
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
      count,
      rows.map(({ id }) => id),
      rows.map(({ success }) => success),
      rows.map(({ failures }) => failures),
    );
    this.aftermath.mayAdmitOthers(found.filter(({ ruled }) => ruled));
    const ids = new Set(found.map(({ id }) => id));
    return increments.map(({ id }) => ids.has(id));
  }
}
