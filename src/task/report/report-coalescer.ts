import { Injectable } from '@nestjs/common';
import type { Coalescer } from '../../database/coalescer';
import { Database } from '../../database/database';
import { Coalescers } from '../../database/coalescers';
import { Worker } from '../../loops/worker';
import { Metrics } from '../../metrics/metrics';
import { AfterCommit } from '../finish/after-commit';
import { type AppliedReports, ApplyReports, acceptsReports } from './apply-reports';
import { foldReports, type Report, type ReportOutcome } from './fold-reports';
import type { StartResult } from '../start/start-result';
import { StartSlots } from '../claiming/start-slots';

const MOST_ITEMS = 500;

type Item = { report: Report } | { startResult: StartResult };

/**
 * The lanes of what receivers say about tasks: the answers to start calls and the reports that follow them. Both share
 * one lane because a fast receiver's result is often right behind its acceptance: in one flush, the task goes from
 * `Claimed` to its end in a single update. What fails a task has a lane of its own: ten thousand may fall with it, and
 * no other report should wait for that.
 */
@Injectable()
export class ReportCoalescer {
  private readonly results: Coalescer<Item, ReportOutcome>;
  private readonly failures: Coalescer<Item, ReportOutcome>;

  constructor(
    private readonly database: Database,
    private readonly applyReports: ApplyReports,
    private readonly slots: StartSlots,
    private readonly afterCommit: AfterCommit,
    private readonly worker: Worker,
    private readonly metrics: Metrics,
    coalescers: Coalescers,
  ) {
    const flush = (items: Item[]) => this.flush(items);
    this.results = coalescers.create('reports', flush, { maxItems: MOST_ITEMS });
    this.failures = coalescers.create('failures', flush, { maxItems: MOST_ITEMS });
  }

  /** Resolves when the report is committed, with everything that follows from it. */
  report(report: Report): Promise<ReportOutcome> {
    return this.coalescerFor(report.ending === 'failed').add({ report });
  }

  /** Resolves when the answer to a start call is on record. */
  async recordStart(startResult: StartResult): Promise<void> {
    await this.coalescerFor(!startResult.ok || startResult.result?.ending === 'failed').add({ startResult });
  }

  private coalescerFor(isFailure: boolean): Coalescer<Item, ReportOutcome> {
    return isFailure ? this.failures : this.results;
  }

  private async flush(items: Item[]): Promise<ReportOutcome[]> {
    const reports = items.flatMap((item) => ('report' in item ? item.report : (item.startResult.result ?? [])));
    const startResults = items.flatMap((item) => ('startResult' in item ? [item.startResult] : []));
    const { folded, late } = foldReports(reports);
    const received = await this.slots.offer((slots) =>
      this.database.transaction((tx) => this.applyReports.apply(tx, [...folded.values()], startResults, slots)),
    );
    this.publish(received, startResults);

    const { before, finished } = received;
    const endedAs = new Map(finished.ended.map(({ id, status }) => [id, status]));
    return items.map((item) => {
      if ('startResult' in item) return { applied: true };
      const row = before.get(item.report.id);
      if (!row || !acceptsReports(row)) return { applied: false, currentStatus: row?.status };
      return late.has(item.report) ? { applied: false, currentStatus: endedAs.get(row.id) } : { applied: true };
    });
  }

  private publish({ finished, before, changed }: AppliedReports, startResults: readonly StartResult[]): void {
    this.afterCommit.publish(finished);
    this.afterCommit.mayAdmitOthers(changed.flatMap(({ value }) => value));
    const ended = new Set(finished.ended.map(({ id }) => id));
    const accepted = startResults.filter(({ id }) => {
      const row = before.get(id);
      return row?.status === 'Claimed' && row.claimed_by === this.worker.id && !ended.has(id);
    });
    this.metrics.tasks.moved('Claimed', 'Running', accepted.length);
  }
}
