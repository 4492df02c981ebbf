import { Injectable } from '@nestjs/common';
import type { Coalescer } from '../../database/coalescer';
import { Database } from '../../database/database';
import { Lanes } from '../../database/lanes';
import { Worker } from '../../loops/worker';
import { Metrics } from '../../metrics/metrics';
import { Aftermath } from './aftermath';
import { type Received, Reception, takesReports } from './reception';
import { foldReports, type Report, type ReportOutcome } from './report';
import type { Settlement } from './settlement';
import { StartPlaces } from './start-places';

const MOST_ITEMS = 500;

type Item = { report: Report } | { settlement: Settlement };

/**
 * The lanes of what receivers say about tasks: the answers to start calls and the reports that follow them. Both share
 * one lane because a fast receiver's result is often right behind its acceptance: in one flush, the task goes from
 * `Claimed` to its end in a single update. What fails a task has a lane of its own: ten thousand may fall with it, and
 * no other report should wait for that.
 */
@Injectable()
export class TaskLane {
  private readonly results: Coalescer<Item, ReportOutcome>;
  private readonly failures: Coalescer<Item, ReportOutcome>;

  constructor(
    private readonly database: Database,
    private readonly reception: Reception,
    private readonly places: StartPlaces,
    private readonly aftermath: Aftermath,
    private readonly worker: Worker,
    private readonly metrics: Metrics,
    lanes: Lanes,
  ) {
    const flush = (items: Item[]) => this.flush(items);
    this.results = lanes.open('reports', flush, { maxItems: MOST_ITEMS });
    this.failures = lanes.open('failures', flush, { maxItems: MOST_ITEMS });
  }

  /** Resolves when the report is committed, with everything that follows from it. */
  report(report: Report): Promise<ReportOutcome> {
    return this.laneOf(report.ending === 'failed').add({ report });
  }

  /** Resolves when the answer to a start call is on record. */
  async settle(settlement: Settlement): Promise<void> {
    await this.laneOf(!settlement.ok || settlement.result?.ending === 'failed').add({ settlement });
  }

  private laneOf(isFailure: boolean): Coalescer<Item, ReportOutcome> {
    return isFailure ? this.failures : this.results;
  }

  private async flush(items: Item[]): Promise<ReportOutcome[]> {
    const reports = items.flatMap((item) => ('report' in item ? item.report : (item.settlement.result ?? [])));
    const settlements = items.flatMap((item) => ('settlement' in item ? [item.settlement] : []));
    const { folded, late } = foldReports(reports);
    const received = await this.places.during((places) =>
      this.database.transaction((tx) => this.reception.take(tx, [...folded.values()], settlements, places)),
    );
    this.tell(received, settlements);

    const { before, finished } = received;
    const endedAs = new Map(finished.ended.map(({ id, status }) => [id, status]));
    return items.map((item) => {
      if ('settlement' in item) return { applied: true };
      const row = before.get(item.report.id);
      if (!row || !takesReports(row)) return { applied: false, currentStatus: row?.status };
      return late.has(item.report) ? { applied: false, currentStatus: endedAs.get(row.id) } : { applied: true };
    });
  }

  private tell({ finished, before, changed }: Received, settlements: readonly Settlement[]): void {
    this.aftermath.tell(finished);
    this.aftermath.mayAdmitOthers(changed);
    const ended = new Set(finished.ended.map(({ id }) => id));
    const accepted = settlements.filter(({ id }) => {
      const row = before.get(id);
      return row?.status === 'Claimed' && row.claimed_by === this.worker.id && !ended.has(id);
    });
    this.metrics.tasks.moved('Claimed', 'Running', accepted.length);
  }
}
