import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import type { Coalescer } from '../../database/coalescer';
import { Database } from '../../database/database';
import { Coalescers } from '../../database/coalescers';
import { Overloaded } from '../../domain/errors';
import { Metrics } from '../../metrics/metrics';
import { AfterCommit } from '../finish/after-commit';
import { addProgress } from '../sql/add-progress';
import { currentAttempts } from '../sql/attempts';
import { attemptKey, type ReportOutcome } from './outcome';

export interface Increment {
  id: string;
  /** The attempt in which the progress was made. */
  attempt: number;
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
  private readonly coalescer: Coalescer<Increment, ReportOutcome>;
  private readonly capacity: number;
  private readonly bulkCapacity: number;

  constructor(
    private readonly database: Database,
    private readonly afterCommit: AfterCommit,
    coalescers: Coalescers,
    metrics: Metrics,
    @Inject(CONFIG) { counters }: Config,
  ) {
    this.capacity = counters.channelCapacity;
    this.bulkCapacity = Math.ceil(this.capacity / 2);
    this.coalescer = coalescers.create('counters', (increments) => this.flush(increments), {
      maxItems: counters.channelCapacity,
      pauseMs: counters.flushIntervalMs,
    });
    metrics.database.watchProgress(() => this.coalescer.depth);
  }

  /**
   * Resolves when the increment is committed, or refused because the task does not exist or is at another attempt.
   * @throws {Overloaded} if too many increments have waited for too long
   */
  async add(increment: Increment): Promise<ReportOutcome> {
    const deadline = Date.now() + MAX_WAIT_MS;
    while (this.coalescer.depth >= this.capacity) {
      if (!(await this.coalescer.capacity(deadline - Date.now()))) throw overloaded();
    }
    return this.coalescer.add(increment);
  }

  /**
   * Resolves when all increments are committed or refused. They take at most half of the capacity, so that single
   * increments do not wait behind a bulk; those that do not fit in within the time are refused with `Overloaded`.
   */
  async addAll(increments: readonly Increment[]): Promise<PromiseSettledResult<ReportOutcome>[]> {
    const deadline = Date.now() + MAX_WAIT_MS;
    const outcomes: Promise<PromiseSettledResult<ReportOutcome>>[] = [];
    let isInTime = true;
    for (const increment of increments) {
      while (isInTime && this.coalescer.depth >= this.bulkCapacity)
        isInTime = await this.coalescer.capacity(deadline - Date.now());
      if (!isInTime) break;
      outcomes.push(settled(this.coalescer.add(increment)));
    }
    const written = await Promise.all(outcomes);
    return increments.map((_, n) => written[n] ?? { status: 'rejected', reason: overloaded() });
  }

  private async flush(increments: Increment[]): Promise<ReportOutcome[]> {
    const rows = [...sumsOf(increments).values()];
    const changed = await this.database.run(
      addProgress,
      rows.map(({ id }) => id),
      rows.map(({ attempt }) => attempt),
      rows.map(({ success }) => success),
      rows.map(({ failures }) => failures),
    );
    this.afterCommit.openRuleKeys(changed.filter(({ ruled }) => ruled));
    const counted = new Set(changed.map(attemptKey));
    const refused = increments.filter((increment) => !counted.has(attemptKey(increment))).map(({ id }) => id);
    const found = refused.length > 0 ? await this.database.run(currentAttempts, refused) : [];
    const current = new Map(found.map(({ id, ...rest }) => [id, rest]));
    return increments.map((increment) =>
      counted.has(attemptKey(increment)) ? { applied: true } : { applied: false, current: current.get(increment.id) },
    );
  }
}

const overloaded = () => new Overloaded('Too many increments are waiting to be written', 1);

/** Handles a rejection at once: the process would end if it came while the caller still waits for capacity. */
const settled = (outcome: Promise<ReportOutcome>): Promise<PromiseSettledResult<ReportOutcome>> =>
  Promise.allSettled([outcome]).then(([result]) => result);

/** Sums the increments of each attempt. */
function sumsOf(increments: readonly Increment[]): Map<string, Increment> {
  const sums = new Map<string, Increment>();
  for (const increment of increments) {
    const sum = sums.get(attemptKey(increment));
    if (sum) {
      sum.success += increment.success;
      sum.failures += increment.failures;
    } else sums.set(attemptKey(increment), { ...increment });
  }
  return sums;
}
