import { Injectable } from '@nestjs/common';
import type { Coalescer } from '../../database/coalescer';
import type { LockedRow } from '../../dag/sql/lock';
import { Database } from '../../database/database';
import { Coalescers } from '../../database/coalescers';
import { Worker } from '../../loops/worker';
import { Metrics } from '../../metrics/metrics';
import { AfterCommit } from '../finish/after-commit';
import { type AppliedReports, ApplyReports, acceptsReports } from './apply-reports';
import { foldReports, type Report } from './fold-reports';
import type { CurrentAttempt, ReportOutcome } from './outcome';
import type { StartResult } from '../start/start-result';
import { OpenStarts } from '../start/open-starts';
import { StartSlots } from '../claiming/start-slots';

const MAX_ITEMS = 500;
const MAX_BULK_ITEMS = 1000;
/** Bulks up to this size go with single reports and start results: tasks that were just accepted then end in one update. */
const MAX_LIGHT_ITEMS = 100;

/** A report, a start result, or both of one attempt. */
interface Item {
  report?: Report;
  startResult?: StartResult;
}

/**
 * Coalesces reports and start results. Both share a flush, because the result of a fast receiver often follows directly
 * on its acceptance: the task then goes from `Claimed` to its end in one update. Failures have a coalescer of their own,
 * because ten thousand descendants may fail with a task, and no other report should wait for that. Large bulks have one too. A
 * bulk stays in one coalescer, which keeps its order.
 */
@Injectable()
export class ReportCoalescer {
  private readonly results: Coalescer<Item, ReportOutcome>;
  private readonly failures: Coalescer<Item, ReportOutcome>;
  private readonly bulk: Coalescer<Item, ReportOutcome>;

  constructor(
    private readonly database: Database,
    private readonly applyReports: ApplyReports,
    private readonly slots: StartSlots,
    private readonly openStarts: OpenStarts,
    private readonly afterCommit: AfterCommit,
    private readonly worker: Worker,
    private readonly metrics: Metrics,
    coalescers: Coalescers,
  ) {
    const flush = (items: Item[]) => this.flush(items);
    this.results = coalescers.create('reports', flush, { maxItems: MAX_ITEMS });
    this.failures = coalescers.create('failures', flush, { maxItems: MAX_ITEMS });
    this.bulk = coalescers.create('bulk', flush, { maxItems: MAX_BULK_ITEMS });
  }

  /** Resolves when the report and all its effects are committed. */
  report(report: Report): Promise<ReportOutcome> {
    return this.add(report, this.coalescerFor(report.ending === 'failed'));
  }

  /** Resolves when all reports and their effects are committed or refused. Reports on one task keep their order. */
  reportAll(reports: readonly Report[]): Promise<PromiseSettledResult<ReportOutcome>[]> {
    const isLight = reports.length <= MAX_LIGHT_ITEMS && !reports.some(({ ending }) => ending === 'failed');
    const coalescer = isLight ? this.results : this.bulk;
    return Promise.allSettled(reports.map((report) => this.add(report, coalescer)));
  }

  /** Resolves when the start result is recorded. */
  async recordStart(startResult: StartResult): Promise<void> {
    const { ok, result } = startResult;
    if (ok && !result && (await this.openStarts.waitForReport(startResult))) return;
    await this.coalescerFor(!ok || result?.ending === 'failed').add({ startResult });
  }

  private add(report: Report, coalescer: Coalescer<Item, ReportOutcome>): Promise<ReportOutcome> {
    const wait = this.openStarts.reported(report);
    const outcome = coalescer.add({ report, startResult: wait?.startResult });
    wait?.end(
      outcome.then(
        () => true,
        () => false,
      ),
    );
    return outcome;
  }

  private coalescerFor(isFailure: boolean): Coalescer<Item, ReportOutcome> {
    return isFailure ? this.failures : this.results;
  }

  private async flush(items: Item[]): Promise<ReportOutcome[]> {
    const reports = items.flatMap(({ report, startResult }) => report ?? startResult?.result ?? []);
    const startResults = items.flatMap(({ startResult }) => startResult ?? []);
    const { folded, late } = foldReports(reports);
    const applied = await this.slots.offer((slots) =>
      this.database.transaction((tx) => this.applyReports.apply(tx, [...folded.values()], startResults, slots)),
    );
    this.publish(applied, startResults);

    const current = currentOf(applied);
    return items.map(({ report }) => {
      if (!report) return { applied: true };
      const row = applied.before.get(report.id);
      if (row?.attempt === report.attempt && acceptsReports(row) && !late.has(report)) return { applied: true };
      return { applied: false, current: row && current(row) };
    });
  }

  private publish({ finished, before, changed }: AppliedReports, startResults: readonly StartResult[]): void {
    this.afterCommit.publish(finished);
    this.afterCommit.openRuleKeys(changed.flatMap(({ value }) => value));
    const over = new Set([...finished.ended, ...finished.retried].map(({ id }) => id));
    const accepted = startResults.filter(({ id, attempt }) => {
      const row = before.get(id);
      const isOwn = row?.claimed_by === this.worker.id && row.attempt === attempt;
      return isOwn && row.status === 'Claimed' && !over.has(id);
    });
    this.metrics.tasks.moved('Claimed', 'Running', accepted.length);
  }
}

/** Returns a function that tells the status and attempt of a task after the reports were applied. */
function currentOf({ finished }: AppliedReports): (before: LockedRow) => CurrentAttempt {
  const changed = new Map<string, CurrentAttempt>([
    ...finished.ended.map(({ id, status, attempt }) => [id, { status, attempt }] as const),
    ...finished.retried.map(({ id, status, attempt }) => [id, { status, attempt: attempt + 1 }] as const),
  ]);
  return ({ id, status, attempt }) => changed.get(id) ?? { status, attempt };
}
