import { Injectable, Logger } from '@nestjs/common';
import type { Deferred } from '../../database/deferred';
import { Wakeups } from '../../loops/wakeups';
import { Metrics } from '../../metrics/metrics';
import { type Changed, OpenKeys } from '../../rules/open-keys';
import { Deliverer } from '../../webhook/deliverer';
import type { Queued } from '../../webhook/outbox';
import type { ClaimedRow, DroppedClaimRow } from '../sql/claim';
import type { RerunRow } from '../sql/rerun';
import type { Finished } from './finish';

/** Publishes the effects of a transaction after its commit; never before, because it may fail or run again. */
@Injectable()
export class AfterCommit {
  private readonly logger = new Logger('Task');

  constructor(
    private readonly wakeups: Wakeups,
    private readonly ruleKeys: OpenKeys,
    private readonly deliverer: Deliverer,
    private readonly metrics: Metrics,
  ) {}

  publish({ ended, retried, released, claimed, queued }: Finished): void {
    this.metrics.tasks.ended(ended, released.value.length);
    this.metrics.tasks.retried(retried);
    this.claimed(claimed.value);
    this.pending([...retried, ...released.value].filter(({ status }) => status === 'Pending'));
    this.notify(queued);
    this.openRuleKeys([...ended, ...retried].filter(({ ruled }) => ruled));
    for (const { id, batch_id, kind, attempt, ending } of retried) {
      this.logger.debug(`Attempt ${ending}, another follows`, { task_id: id, batch_id, kind, attempt });
    }
    for (const { id, batch_id, kind, status, was, ending } of ended) {
      this.logger.debug(`Task ${ending}`, { task_id: id, batch_id, kind, from: was, to: status });
    }
  }

  /** Publishes that ended tasks run again. @param queued notifications about their earlier attempts */
  rerun(rows: readonly RerunRow[], queued: readonly Deferred<Queued>[]): void {
    const changed = rows.filter(({ effect }) => effect !== 'left out');
    this.metrics.tasks.rerun(changed);
    this.pending(changed.filter(({ effect, status }) => effect === 'rerun' && status === 'Pending'));
    this.notify(queued);
    this.openRuleKeys(changed.filter(({ ruled }) => ruled));
    for (const { effect, id, kind, attempt, was, status } of changed) {
      this.logger.debug(`Task ${effect}`, { task_id: id, kind, attempt, from: was, to: status });
    }
  }

  private notify(queued: readonly Deferred<Queued>[]): void {
    const notifications = queued.map(({ value }) => value);
    for (const { leased } of notifications) this.deliverer.deliver(leased);
    if (notifications.some(({ isDue }) => isDue)) this.wakeups.wake('delivery');
  }

  /** Publishes that tasks became `Pending`: wakes the loops that start them, now or when their time has come. */
  pending(tasks: readonly { delayed?: boolean }[]): void {
    if (tasks.some(({ delayed }) => !delayed)) this.wakeups.wake('start');
    if (tasks.some(({ delayed }) => delayed)) this.wakeups.wake('due');
  }

  /** Publishes that tasks were claimed. */
  claimed(tasks: readonly ClaimedRow[]): void {
    this.metrics.tasks.claimed(tasks);
    this.openRuleKeys(tasks.filter(({ ruled }) => ruled));
  }

  /** Publishes that claims were requeued, or dropped because their tasks were no longer `Claimed`. */
  requeued(dropped: readonly DroppedClaimRow[], notifications?: Deferred<Queued>): void {
    const requeued = dropped.filter((row) => row.requeued).length;
    if (requeued > 0) {
      this.metrics.tasks.requeued(requeued);
      this.logger.warn('Requeued the claims of a lost worker', { tasks: requeued });
      this.wakeups.wake('start');
    }
    if (notifications?.value.isDue) this.wakeups.wake('delivery');
    this.openRuleKeys(dropped.filter(({ ruled }) => ruled));
  }

  /** Opens the rule keys that count these tasks, in the background; if that fails, the sweep does it. */
  openRuleKeys(tasks: readonly Changed[]): void {
    this.ruleKeys
      .changed(tasks)
      .catch((error: unknown) => this.logger.warn(`Rule keys were not opened: ${String(error)}`));
  }
}
