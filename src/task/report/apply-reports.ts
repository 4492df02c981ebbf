import { Injectable } from '@nestjs/common';
import type { Deferred } from '../../database/deferred';
import type { Tx } from '../../database/statement';
import { Propagation } from '../../dag/propagation';
import type { LockedRow } from '../../dag/sql/lock';
import { writeJson } from '../../domain/exact-number';
import { isTerminal, TRANSITIONS } from '../../domain/task-status';
import { Worker } from '../../loops/worker';
import type { Changed } from '../../rules/open-keys';
import { type NewStartRecord, Outbox, type Queued } from '../../webhook/outbox';
import { callKey } from '../../webhook/call-key';
import { tasksWithoutCancel } from '../../webhook/sql/tasks-without-cancel';
import { applyFields, replaceMetadata, storeResults } from '../sql/apply-reports';
import { recordCancelActions, recordLateCancelActions, recordStartResults } from '../sql/record-start-results';
import { Finish, type Finished, type TaskEnding } from '../finish/finish';
import type { FoldedReport } from './fold-reports';
import { attemptKey } from './outcome';
import { refusalReason, type StartResult } from '../start/start-result';

/** The effects of a set of reports and start results. */
export interface AppliedReports {
  finished: Finished;
  /** All tasks concerned, as they were before. */
  before: ReadonlyMap<string, LockedRow>;
  /** Tasks whose weight under rules has changed. */
  changed: Deferred<Changed[]>[];
}

const statusOf = ({ status, paused_from }: LockedRow) => paused_from ?? status;

/** Returns whether a task in this status accepts reports. */
export const acceptsReports = (row: LockedRow): boolean => TRANSITIONS.succeeded.from.includes(statusOf(row));

/**
 * Applies reports and start results in one transaction: writes fields, finishes tasks, records start calls and ends
 * their claims. All rows are locked first, so no later statement waits for another transaction.
 */
@Injectable()
export class ApplyReports {
  constructor(
    private readonly propagation: Propagation,
    private readonly finish: Finish,
    private readonly outbox: Outbox,
    private readonly worker: Worker,
  ) {}

  /** @param slots free start slots: as many children as that may be claimed when they become `Pending` */
  async apply(
    tx: Tx,
    reports: readonly FoldedReport[],
    startResults: readonly StartResult[],
    slots: number,
  ): Promise<AppliedReports> {
    const before = await this.lock(tx, reports, startResults);
    const reported = reports.filter((report) => isCurrent(report, before) && acceptsReports(before.get(report.id)!));
    const isOwn = (result: StartResult) => {
      const { claimed_by, start_calls } = before.get(result.id) ?? {};
      // The answer to an earlier call by this worker says nothing about the call in flight.
      return claimed_by === this.worker.id && start_calls === result.calls && isCurrent(result, before);
    };
    const own = startResults.filter(isOwn);
    const late = startResults.filter((result) => !isOwn(result) && isWorthRecording(result, before));
    const endings = endingsOf(reported, own, before);
    const ending = new Set(endings.map(({ id }) => id));
    const open = own.filter(({ id }) => !ending.has(id));

    const changed = [...writeFields(tx, reported), ...this.endClaims(tx, open)];
    writeCancelActions(tx, [...own, ...late.filter((result) => isCurrent(result, before))]);
    const queued = this.notifyEnded(tx, open, before);
    const finished = await this.finish.finish(tx, endings, {
      startRecorded: own.map(({ id }) => id),
      starts: [...own, ...late].filter(({ alreadyRecorded }) => !alreadyRecorded).map(startRecordOf),
      slots,
    });
    writeResults(tx, reported, finished);
    finished.queued.push(...queued, ...(await this.cancelLate(tx, late, before)));
    return { finished, before, changed };
  }

  private async lock(
    tx: Tx,
    reports: readonly FoldedReport[],
    startResults: readonly StartResult[],
  ): Promise<Map<string, LockedRow>> {
    const ids = [...new Set([...reports, ...startResults].map(({ id }) => id))];
    const results = reports.filter(({ ending }) => ending);
    const failing = [
      ...results.filter(({ ending }) => ending?.ending === 'failed'),
      ...startResults.filter(({ ok }) => !ok),
    ].map(({ id }) => id);
    const ending = [...results.map(({ id }) => id), ...failing];
    const locked = await this.propagation.lock(tx, ids, { ending, failing });
    return new Map(locked.map((row) => [row.id, row]));
  }

  /** Ends the claims of tasks that this transaction does not finish. */
  private endClaims(tx: Tx, open: readonly StartResult[]): Deferred<Changed[]>[] {
    if (open.length === 0) return [];
    const ids = open.map(({ id }) => id);
    return [tx.defer(recordStartResults, ids, this.worker.id)];
  }

  /**
   * Makes the notifications due of tasks that ended while their start call was in flight. The cancel actions in the
   * answer were not known before, so they are queued only now.
   */
  private notifyEnded(tx: Tx, open: readonly StartResult[], before: AppliedReports['before']): Deferred<Queued>[] {
    const ended = open.filter(({ id }) => isTerminal(before.get(id)!.status));
    if (ended.length === 0) return [];
    const ids = ended.map(({ id }) => id);
    return [this.enqueueCancel(tx, canceledOf(ended, before)), this.outbox.releaseAfterStart(tx, ids)];
  }

  /**
   * Queues the cancel actions of attempts that were canceled after their claim was requeued, or before their task was rerun,
   * while the start call was in flight: the receiver has the work. If the task was called again since, its cancel may
   * already be on record.
   */
  private async cancelLate(
    tx: Tx,
    late: readonly StartResult[],
    before: AppliedReports['before'],
  ): Promise<Deferred<Queued>[]> {
    const cancelable = late.filter(({ id, onCancel }) => onCancel.length > 0 && before.has(id));
    if (cancelable.length === 0) return [];
    const current = canceledOf(cancelable, before).filter((result) => isCurrent(result, before));
    const over = cancelable.filter((result) => !isCurrent(result, before));
    const unrecorded = new Set(await this.withoutCancel(tx, current));
    const unsent = current.filter(({ id }) => unrecorded.has(id));
    return [this.enqueueCancel(tx, [...unsent, ...(await this.canceledBefore(tx, over))])];
  }

  /** Returns the start results of attempts that were canceled before their task was rerun. */
  private async canceledBefore(tx: Tx, over: readonly StartResult[]): Promise<StartResult[]> {
    if (over.length === 0) return [];
    const rows = over.map(({ id, attempt, onCancel }) => ({ id, attempt, on_cancel: onCancel }));
    const canceled = new Set((await tx.run(recordLateCancelActions, writeJson(rows))).map(attemptKey));
    return over.filter((result) => canceled.has(attemptKey(result)));
  }

  private async withoutCancel(tx: Tx, startResults: readonly StartResult[]): Promise<string[]> {
    if (startResults.length === 0) return [];
    const rows = await tx.run(
      tasksWithoutCancel,
      startResults.map(({ id }) => id),
      startResults.map(({ id, attempt }) => callKey(id, 'cancel', attempt)),
      startResults.map(({ attempt }) => attempt),
    );
    return rows.map(({ id }) => id);
  }

  private enqueueCancel(tx: Tx, startResults: readonly StartResult[]): Deferred<Queued> {
    return this.outbox.enqueue(
      tx,
      startResults.map(({ id, batchId, attempt, onCancel, trace }) => ({
        notice: 'cancel',
        taskId: id,
        batchId,
        attempt,
        actions: onCancel,
        awaitingStart: false,
        trace,
      })),
    );
  }
}

/** Returns whether a report or start result is about the current attempt. */
const isCurrent = ({ id, attempt }: { id: string; attempt: number }, before: AppliedReports['before']): boolean =>
  before.get(id)?.attempt === attempt;

const canceledOf = (startResults: readonly StartResult[], before: AppliedReports['before']): StartResult[] =>
  startResults.filter(({ id }) => before.get(id)!.status === 'Canceled');

/** Returns the ends of tasks. A reported result outweighs a refused start call: the receiver has done the work. */
function endingsOf(
  reported: readonly FoldedReport[],
  own: readonly StartResult[],
  before: AppliedReports['before'],
): TaskEnding[] {
  const results = reported.flatMap(({ id, ending }): TaskEnding[] => (ending ? [{ id, ...ending }] : []));
  const resulted = new Set(results.map(({ id }) => id));
  const refused = own.filter(
    ({ id, ok }) => !ok && !resulted.has(id) && TRANSITIONS.refused.from.includes(statusOf(before.get(id)!)),
  );
  return [
    ...results,
    ...refused.map(({ id, error, isGone, retryAfterSecs }): TaskEnding => ({
      id,
      ending: 'refused',
      reason: refusalReason(error),
      retry: !isGone,
      retryDelaySecs: retryAfterSecs,
    })),
  ];
}

/**
 * Returns whether to record a start result that no longer belongs to a claim of this worker. Accepted calls are recorded, so
 * that they are not repeated. But a task that is back in the queue cannot take a result: it is called again with the same
 * key, and the receiver repeats its answer. An attempt that is over is not called again.
 */
function isWorthRecording(startResult: StartResult, before: AppliedReports['before']): boolean {
  const { id, ok, result } = startResult;
  const row = before.get(id);
  if (!row) return false;
  if (!isCurrent(startResult, before)) return true;
  return ok && (result === undefined || acceptsReports(row));
}

function writeFields(tx: Tx, reported: readonly FoldedReport[]): Deferred<Changed[]>[] {
  const fields = reported.flatMap((report) => report.fields ?? []);
  if (fields.length === 0) return [];
  const metadata = fields.filter((row) => row.metadata !== undefined);
  const replaced = new Set(metadata.map(({ id }) => id));
  const written = tx.defer(applyFields, writeJson(fields));
  if (metadata.length > 0) tx.defer(replaceMetadata, writeJson(metadata));
  return [
    written.map((rows) =>
      rows.filter(({ ruled }) => ruled).map((task) => ({ ...task, otherMetadata: replaced.has(task.id) })),
    ),
  ];
}

/** Stores the results of tasks that have ended; that of an attempt which is retried says nothing about the task. */
function writeResults(tx: Tx, reported: readonly FoldedReport[], { ended }: Finished): void {
  const returned = reported.filter(({ result }) => result !== undefined);
  if (returned.length === 0) return;
  const over = new Set(ended.map(({ id }) => id));
  const rows = returned.filter(({ id }) => over.has(id)).map(({ id, result }) => ({ id, result }));
  if (rows.length > 0) tx.defer(storeResults, writeJson(rows));
}

function writeCancelActions(tx: Tx, startResults: readonly StartResult[]): void {
  const cancelable = startResults.filter(({ onCancel }) => onCancel.length > 0);
  if (cancelable.length === 0) return;
  tx.defer(recordCancelActions, writeJson(cancelable.map(({ id, onCancel }) => ({ id, on_cancel: onCancel }))));
}

const startRecordOf = (call: StartResult): NewStartRecord => ({
  task_id: call.id,
  batch_id: call.batchId,
  attempt: call.attempt,
  key: callKey(call.id, 'start', call.attempt),
  url: call.url,
  status: call.ok ? 'success' : 'failure',
  attempts: call.calls,
  last_status: call.status,
  last_error: call.error,
  last_duration_ms: call.durationMs,
  last_answer: call.excerpt,
  created_at: call.claimedAt,
});
