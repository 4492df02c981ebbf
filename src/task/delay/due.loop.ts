import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import { Database } from '../../database/database';
import { DutyCycle } from '../../loops/duty-cycle';
import type { Iteration } from '../../loops/iteration';
import { Wakeups } from '../../loops/wakeups';
import { WorkerLoop } from '../../loops/worker-loop';
import { queueDue } from '../sql/delay';

const MAX_QUEUED = 1000;
/** The pause between two iterations: tasks that are due within it share one. */
const SHORTEST_PAUSE_MS = 10;
/** Reports and cancellations lock related tasks for a few ms. */
const LOCKED_MS = 20;
/** A scan that takes longer has met many tasks that wait for cancel calls, or index entries of tasks that are gone. */
const SLOW_MS = 20;
const LONGEST_REST_MS = 1000;

/**
 * Puts delayed tasks into the queue when their time has come. The database says how long it is until then, so the clock of
 * a replica does not matter.
 */
@Injectable()
export class DueLoop extends WorkerLoop {
  private readonly scans = new DutyCycle(LONGEST_REST_MS);

  constructor(
    private readonly database: Database,
    private readonly wakeups: Wakeups,
    @Inject(CONFIG) { worker }: Config,
  ) {
    super({ name: 'due', intervalMs: worker.loopIntervalMs, enabled: worker.enabled });
  }

  override onApplicationBootstrap(): void {
    if (this.enabled) this.wakeups.on('due', () => this.loop.wake());
    super.onApplicationBootstrap();
  }

  protected async iterate(): Promise<Iteration> {
    if (this.scans.restMs > 0) return { found: 0, hasMore: false, dueInMs: this.scans.restMs };
    const begun = performance.now();
    const [{ queued, due_in_ms, any_locked }] = await this.database.run(queueDue, MAX_QUEUED);
    if (queued > 0) this.wakeups.wake('start');
    else if (performance.now() - begun >= SLOW_MS) this.scans.ran(performance.now() - begun);
    return {
      found: queued,
      hasMore: queued === MAX_QUEUED,
      dueInMs: Math.max(SHORTEST_PAUSE_MS, Math.min(any_locked ? LOCKED_MS : Infinity, due_in_ms ?? Infinity)),
    };
  }
}
