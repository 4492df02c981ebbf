import { Injectable } from '@nestjs/common';
import { Coalescer } from '../../database/coalescer';
import { Database } from '../../database/database';
import type { Tx } from '../../database/statement';
import { Propagation } from '../../dag/propagation';
import type { LockedRow } from '../../dag/sql/lock';
import { idempotencyKey } from '../../domain/action';
import { isTerminal, TRANSITIONS } from '../../domain/task-status';
import { Worker } from '../../loops/worker';
import { Metrics } from '../../metrics/metrics';
import type { Changed } from '../../rules/rules';
import { Outbox, type Queued } from '../../webhook/outbox';
import { applyFields, replaceMetadata } from '../sql/report';
import { registerCancel, settle, type SettledRow } from '../sql/settle';
import { Aftermath } from './aftermath';
import { Finish, type Finished, type TaskEnding } from './finish';
import { foldReports, type FoldedReport, type Report, type ReportOutcome } from './report';
import type { Settlement } from './settlement';
import { StartPlaces } from './start-places';

type Item = { report: Report } | { settlement: Settlement };

const takesReports = ({ status, held_status }: LockedRow) => TRANSITIONS.succeeded.from.includes(held_status ?? status);

/**
 * The lanes of what receivers say about tasks: the answers to start calls and the reports that follow them. Both share
 * one lane because a fast receiver's result is often right behind its acceptance: in one flush, the task goes from
 * `Claimed` to its end in a single update. What fails a task has a lane of its own: ten thousand may fall with it, and
 * no other report should wait for that.
 */
@Injectable()
export class TaskLane {
  private readonly results = this.newLane('reports');
  private readonly failures = this.newLane('failures');

  constructor(
    private readonly database: Database,
    private readonly propagation: Propagation,
    private readonly finish: Finish,
    private readonly outbox: Outbox,
    private readonly worker: Worker,
    private readonly places: StartPlaces,
    private readonly aftermath: Aftermath,
    private readonly metrics: Metrics,
  ) {}

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

  private newLane(name: 'reports' | 'failures'): Coalescer<Item, ReportOutcome> {
    return new Coalescer((items) => this.flush(items), {
      maxItems: 500,
      onFlush: (items) => this.metrics.database.flushed(name, items),
    });
  }

  private async flush(items: Item[]): Promise<ReportOutcome[]> {
    const reports = items.flatMap((item) => ('report' in item ? item.report : (item.settlement.result ?? [])));
    const settlements = items.flatMap((item) => ('settlement' in item ? [item.settlement] : []));
    const { folded, late } = foldReports(reports);
    const { finished, before, changed } = await this.places.during((places) =>
      this.database.transaction((tx) => this.apply(tx, folded, settlements, places)),
    );
    this.aftermath.tell(finished);
    this.aftermath.mayAdmitOthers(changed);

    const endedAs = new Map(finished.ended.map(({ id, status }) => [id, status]));
    const accepted = settlements
      .map(({ id }) => before.get(id))
      .filter((row) => row?.status === 'Claimed' && row.claimed_by === this.worker.id && !endedAs.has(row.id));
    this.metrics.tasks.moved('Claimed', 'Running', accepted.length);

    return items.map((item) => {
      if ('settlement' in item) return { applied: true };
      const row = before.get(item.report.id);
      if (!row || !takesReports(row)) return { applied: false, currentStatus: row?.status };
      return late.has(item.report) ? { applied: false, currentStatus: endedAs.get(row.id) } : { applied: true };
    });
  }

  private async apply(
    tx: Tx,
    folded: ReadonlyMap<string, FoldedReport>,
    settlements: readonly Settlement[],
    places: number,
  ) {
    const ids = [...new Set([...folded.keys(), ...settlements.map(({ id }) => id)])];
    const results = [...folded.values()].filter(({ ending }) => ending);
    const failing = [
      ...results.filter(({ ending }) => ending?.ending === 'failed'),
      ...settlements.filter(({ ok }) => !ok),
    ].map(({ id }) => id);
    const ending = [...results.map(({ id }) => id), ...failing];
    const locked = await this.propagation.lock(tx, ids, { ending, failing });
    const before = new Map(locked.map((row) => [row.id, row]));

    const reported = [...folded.values()].filter(({ id }) => before.has(id) && takesReports(before.get(id)!));
    const own = settlements.filter(({ id, calls }) => {
      const row = before.get(id);
      // An answer to an earlier call of this worker says nothing about the one that is in flight.
      return row?.claimed_by === this.worker.id && row.start_calls === calls;
    });
    // Who was taken for lost meanwhile has no claim any more, but that the receiver took the work is worth knowing.
    const late = settlements.filter(
      (settlement) => settlement.ok && before.has(settlement.id) && !own.includes(settlement),
    );
    const changed = await this.writeFields(tx, reported);
    await this.registerCancelActions(tx, [...own, ...late]);
    await this.recordStarts(tx, [...own, ...late]);

    // A result that was reported counts, whatever the start call answered: the receiver has done the work.
    const resulted = new Set(reported.filter(({ ending }) => ending).map(({ id }) => id));
    const endings: TaskEnding[] = [
      ...reported.flatMap(({ id, ending }) => (ending ? [{ id, ...ending }] : [])),
      ...own
        .filter(({ id, ok }) => !ok && !resulted.has(id))
        .map(({ id, error }): TaskEnding => ({ id, ending: 'refused', reason: error ?? null })),
    ];
    const finished = await this.finish.finish(
      tx,
      endings,
      own.map(({ id }) => id),
      places,
    );
    const settled = await this.settleClaims(tx, own, finished);
    finished.queued.due += settled.queued.due;
    finished.queued.leased.push(...settled.queued.leased);
    return {
      finished,
      claimed: finished.claimed,
      before,
      changed: [...changed, ...settled.rows.filter(({ ruled }) => ruled)],
    };
  }

  /** Answers the tasks that count differently under rules now. */
  private async writeFields(tx: Tx, reported: readonly FoldedReport[]): Promise<Changed[]> {
    const fields = reported.flatMap((report) => report.fields ?? []);
    if (fields.length === 0) return [];
    const written = await tx.run(applyFields, JSON.stringify(fields));
    const metadata = fields.filter((row) => row.metadata !== undefined);
    if (metadata.length > 0) await tx.run(replaceMetadata, JSON.stringify(metadata));
    const replaced = new Set(metadata.map(({ id }) => id));
    return written.filter(({ ruled }) => ruled).map((task) => ({ ...task, otherMetadata: replaced.has(task.id) }));
  }

  private async registerCancelActions(tx: Tx, own: readonly Settlement[]): Promise<void> {
    const cancelable = own.filter(({ onCancel }) => onCancel.length > 0);
    if (cancelable.length > 0) {
      const rows = cancelable.map(({ id, onCancel }) => ({ id, on_cancel: onCancel }));
      await tx.run(registerCancel, JSON.stringify(rows));
    }
  }

  private recordStarts(tx: Tx, settlements: readonly Settlement[]): Promise<void> {
    return this.outbox.recordStarts(
      tx,
      settlements
        .filter(({ known }) => !known)
        .map(({ id, ...call }) => ({
          task_id: id,
          batch_id: call.batchId,
          key: idempotencyKey(id, 'start'),
          url: call.url,
          status: call.ok ? 'success' : 'failure',
          attempts: call.calls,
          last_status: call.status ?? null,
          last_error: call.error ?? null,
          created_at: call.claimedAt,
        })),
    );
  }

  /**
   * Settles the start calls: claims ended, and what waited for that let go. Cancel actions of a task that was
   * canceled while its start call was in flight are queued here, for only now they are known.
   * @returns what was settled, and how many notifications may go now.
   */
  private async settleClaims(
    tx: Tx,
    own: readonly Settlement[],
    { ended }: Finished,
  ): Promise<{ rows: SettledRow[]; queued: Queued }> {
    const nothing: Queued = { due: 0, leased: [] };
    const settledHere = new Set(ended.filter(({ start_open }) => !start_open).map(({ id }) => id));
    const open = own.filter(({ id }) => !settledHere.has(id));
    if (open.length === 0) return { rows: [], queued: nothing };
    const rows = await tx.run(
      settle,
      open.map(({ id }) => id),
      this.worker.id,
    );
    const endedBefore = new Map(rows.filter(({ status }) => isTerminal(status)).map((row) => [row.id, row.status]));
    if (endedBefore.size === 0) return { rows, queued: nothing };
    const canceled = open.filter(({ id }) => endedBefore.get(id) === 'Canceled');
    const queued = await this.outbox.enqueue(
      tx,
      canceled.map(({ id, batchId, onCancel }) => ({
        notice: 'cancel',
        taskId: id,
        batchId,
        actions: onCancel,
        held: false,
      })),
    );
    queued.due += await this.outbox.release(tx, [...endedBefore.keys()]);
    return { rows, queued };
  }
}
