import { Injectable, Logger } from '@nestjs/common';
import { Wakeups } from '../../loops/wakeups';
import { Metrics } from '../../metrics/metrics';
import { type Changed, Rules } from '../../rules/rules';
import { Deliverer } from '../../webhook/deliverer';
import type { Finished } from './finish';

/** What is said and woken after a commit; never before it, for a transaction may start again or fail. */
@Injectable()
export class AfterCommit {
  private readonly logger = new Logger('Task');

  constructor(
    private readonly wakeups: Wakeups,
    private readonly rules: Rules,
    private readonly deliverer: Deliverer,
    private readonly metrics: Metrics,
  ) {}

  publish({ ended, released, claimed, queued }: Finished): void {
    this.metrics.tasks.ended(ended, released.length);
    this.metrics.tasks.moved('Pending', 'Claimed', claimed.length);
    if (released.length > claimed.length) this.wakeups.wake('start');
    for (const { leased } of queued) this.deliverer.take(leased);
    if (queued.some(({ isDue }) => isDue())) this.wakeups.wake('delivery');
    this.mayAdmitOthers([...ended, ...claimed].filter(({ ruled }) => ruled));
    for (const { id, batch_id, kind, status, was, ending } of ended) {
      this.logger.debug(`Task ${ending}`, { task_id: id, batch_id, kind, from: was, to: status });
    }
  }

  /** Tasks that rules count have changed. Nobody waits for what follows; should it fail, the sweep finds it. */
  mayAdmitOthers(tasks: readonly Changed[]): void {
    this.rules.changed(tasks).catch((error: unknown) => this.logger.warn(`Rules were not told: ${String(error)}`));
  }
}
