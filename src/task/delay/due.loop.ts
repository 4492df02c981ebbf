import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import { Database } from '../../database/database';
import type { Iteration } from '../../loops/iteration';
import { Wakeups } from '../../loops/wakeups';
import { WorkerLoop } from '../../loops/worker-loop';
import { releaseDue } from '../sql/delay';

const MAX_RELEASED = 1000;
/** The pause between two iterations: tasks that are due within it share one. */
const SHORTEST_PAUSE_MS = 10;
/** The pause while due tasks wait for a cancel call. */
const HELD_BACK_PAUSE_MS = 100;

/**
 * Puts delayed tasks into the queue when their time has come. The database says how long it is until then, so the clock of
 * a replica does not matter.
 */
@Injectable()
export class DueLoop extends WorkerLoop {
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
    const [{ released, due_in_ms, held_back }] = await this.database.run(releaseDue, MAX_RELEASED);
    if (released > 0) this.wakeups.wake('start');
    const hasMore = released === MAX_RELEASED;
    const dueInMs = Math.max(SHORTEST_PAUSE_MS, due_in_ms ?? Infinity);
    return { found: released, hasMore, dueInMs: held_back ? Math.min(HELD_BACK_PAUSE_MS, dueInMs) : dueInMs };
  }
}
