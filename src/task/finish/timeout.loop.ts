import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import { Propagation } from '../../dag/propagation';
import { Database } from '../../database/database';
import type { Iteration } from '../../loops/iteration';
import { WorkerLoop } from '../../loops/worker-loop';
import { findSilent } from '../sql/silent-tasks';
import { AfterCommit } from './after-commit';
import { Finish } from './finish';

/** Fails running tasks that have been silent for longer than their timeout. */
@Injectable()
export class TimeoutLoop extends WorkerLoop {
  private readonly logger = new Logger(TimeoutLoop.name);

  constructor(
    private readonly database: Database,
    private readonly propagation: Propagation,
    private readonly finish: Finish,
    private readonly afterCommit: AfterCommit,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    super({ name: 'timeout', intervalMs: config.worker.loopIntervalMs, enabled: config.worker.enabled });
  }

  /**
   * Fails the silent ones among the tasks whose deadline has come. `found` counts only these; the others have got a new
   * deadline.
   */
  protected async iterate(): Promise<Iteration> {
    const { timeoutBatchSize } = this.config.worker;
    // In a transaction of its own, because it does not lock in the order that `finish` needs.
    const due = await this.database.run(findSilent, timeoutBatchSize);
    const silent = due.filter((row) => row.silent).map(({ id }) => id);
    return { found: silent.length > 0 ? await this.end(silent) : 0, hasMore: due.length === timeoutBatchSize };
  }

  private async end(silent: string[]): Promise<number> {
    const finished = await this.database.transaction(async (tx) => {
      await this.propagation.lock(tx, silent, { ending: silent, failing: silent });
      return this.finish.finish(
        tx,
        silent.map((id) => ({ id, ending: 'timed out', reason: 'Timeout' })),
      );
    });
    this.afterCommit.publish(finished);
    const timedOut = [...finished.retried, ...finished.ended].filter(({ ending }) => ending === 'timed out');
    for (const { id, batch_id, attempt } of timedOut) {
      this.logger.warn('Task timed out', { task_id: id, batch_id, attempt });
    }
    return timedOut.length;
  }
}
