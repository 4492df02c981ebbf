import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import { Database } from '../../database/database';
import { Propagation } from '../../dag/propagation';
import { Loop } from '../../loops/loop';
import { LoopScheduler } from '../../loops/loop-scheduler';
import { AfterCommit } from './after-commit';
import { Finish } from './finish';
import { findSilent } from '../sql/silent-tasks';

/** Fails running tasks whose receivers have been silent for longer than the task allows. */
@Injectable()
export class TimeoutLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(TimeoutLoop.name);
  private readonly loop: Loop;
  private readonly batchSize: number;

  constructor(
    private readonly database: Database,
    private readonly propagation: Propagation,
    private readonly finish: Finish,
    private readonly afterCommit: AfterCommit,
    private readonly scheduler: LoopScheduler,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.batchSize = config.worker.timeoutBatchSize;
    this.loop = new Loop('timeout', config.worker.loopIntervalMs, async () => {
      const { due } = await this.iteration();
      return { found: due, hasMore: due === this.batchSize };
    });
  }

  onApplicationBootstrap(): void {
    if (this.config.worker.enabled) this.loop.start(this.scheduler);
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
  }

  /** Looks at tasks whose deadline has come once; answers how many timed out. */
  async runOnce(): Promise<number> {
    return (await this.iteration()).timedOut;
  }

  private async iteration(): Promise<{ due: number; timedOut: number }> {
    // Its own transaction: the locks of the search are not in the order that ending needs.
    const due = await this.database.run(findSilent, this.batchSize);
    const silent = due.filter((row) => row.silent).map(({ id }) => id);
    return { due: due.length, timedOut: silent.length > 0 ? await this.end(silent) : 0 };
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
    const timedOut = finished.ended.filter(({ ending }) => ending === 'timed out');
    for (const { id, batch_id } of timedOut) this.logger.warn('Task timed out', { task_id: id, batch_id });
    return timedOut.length;
  }
}
