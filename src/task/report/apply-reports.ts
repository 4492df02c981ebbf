import { Injectable } from '@nestjs/common';
import type { Tx } from '../../database/statement';
import { Propagation } from '../../dag/propagation';
import type { LockedRow } from '../../dag/sql/lock';
import { idempotencyKey } from '../../domain/action';
import { writeJson } from '../../domain/exact-number';
import { isTerminal, TRANSITIONS } from '../../domain/task-status';
import { Worker } from '../../loops/worker';
import type { Changed } from '../../rules/open-keys';
import { type NewStartRecord, Outbox, type Queued } from '../../webhook/outbox';
import { undeliveredCancels } from '../../webhook/sql/undelivered-cancels';
import { applyFields, replaceMetadata } from '../sql/apply-reports';
import { recordCancelActions, recordStartResults } from '../sql/record-start-results';
import { Finish, type Finished, type TaskEnding } from '../finish/finish';
import type { FoldedReport } from './fold-reports';
import { refusalReason, type StartResult } from '../start/start-result';

/** What came of reports and startResults. */
export interface AppliedReports {
  finished: Finished;
  /** How all tasks that are touched stood before. */
  before: ReadonlyMap<string, LockedRow>;
  /** Tasks that count differently under rules now; complete with the commit. */
  changed: Changed[];
}

const stateOf = ({ status, paused_from }: LockedRow) => paused_from ?? status;

/** Whether reports on a task in this state count. */
export const acceptsReports = (row: LockedRow): boolean => TRANSITIONS.succeeded.from.includes(stateOf(row));

/**
 * Takes in what receivers say of tasks, within a transaction: fields are written, tasks end with all that follows, start
 * calls are put on record and their claims end. Once all of it is locked, nothing has to wait for anything else.
 */
@Injectable()
export class ApplyReports {
  constructor(
    private readonly propagation: Propagation,
    private readonly finish: Finish,
    private readonly outbox: Outbox,
    private readonly worker: Worker,
  ) {}

  /** @param slots for start calls of tasks that become free. */
  async apply(
    tx: Tx,
    reports: readonly FoldedReport[],
    startResults: readonly StartResult[],
    slots: number,
  ): Promise<AppliedReports> {
    const before = await this.lock(tx, reports, startResults);
    const reported = reports.filter(({ id }) => before.has(id) && acceptsReports(before.get(id)!));
    const isOwn = ({ id, calls }: StartResult) => {
      const row = before.get(id);
      // An answer to an earlier call of this worker says nothing about the one that is in flight.
      return row?.claimed_by === this.worker.id && row.start_calls === calls;
    };
    const own = startResults.filter(isOwn);
    const late = startResults.filter((startResult) => !isOwn(startResult) && isWorthKnowing(startResult, before));
    const changed: Changed[] = [];
    this.writeFields(tx, reported, changed);
    registerCancelActions(tx, [...own, ...late]);
    const endings = endingsOf(reported, own, before);
    const queued = this.endClaims(tx, own, { ending: new Set(endings.map(({ id }) => id)), before, changed });
    const finished = await this.finish.finish(tx, endings, {
      startRecorded: own.map(({ id }) => id),
      starts: [...own, ...late].filter(({ known }) => !known).map(startRecordOf),
      slots,
    });
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

  private writeFields(tx: Tx, reported: readonly FoldedReport[], changed: Changed[]): void {
    const fields = reported.flatMap((report) => report.fields ?? []);
    if (fields.length === 0) return;
    const metadata = fields.filter((row) => row.metadata !== undefined);
    const replaced = new Set(metadata.map(({ id }) => id));
    tx.defer(applyFields, writeJson(fields), (written) =>
      changed.push(
        ...written.filter(({ ruled }) => ruled).map((task) => ({ ...task, otherMetadata: replaced.has(task.id) })),
      ),
    );
    if (metadata.length > 0) tx.defer(replaceMetadata, writeJson(metadata));
  }

  /**
   * Ends the claims of tasks that do not end just now, and lets go what waited for that. Cancel actions of a task that was
   * canceled while its start call was in flight are queued here, for only now they are known.
   */
  private endClaims(
    tx: Tx,
    own: readonly StartResult[],
    { ending, before, changed }: { ending: ReadonlySet<string>; before: AppliedReports['before']; changed: Changed[] },
  ): Queued[] {
    const open = own.filter(({ id }) => !ending.has(id));
    if (open.length === 0) return [];
    const ids = open.map(({ id }) => id);
    tx.defer(recordStartResults, ids, this.worker.id, (rows) => changed.push(...rows));
    const ended = open.filter(({ id }) => isTerminal(before.get(id)!.status));
    if (ended.length === 0) return [];
    return [
      this.enqueueCancel(tx, canceledOf(ended, before)),
      this.outbox.release(
        tx,
        ended.map(({ id }) => id),
      ),
    ];
  }

  /**
   * Queues the cancel actions of tasks that were canceled while a worker that was taken for lost called them: its claim is
   * gone, but the receiver has the work. A task that was called again since may have had its own.
   */
  private async cancelLate(tx: Tx, late: readonly StartResult[], before: AppliedReports['before']): Promise<Queued[]> {
    const canceled = canceledOf(late, before).filter(({ onCancel }) => onCancel.length > 0);
    if (canceled.length === 0) return [];
    const ids = canceled.map(({ id }) => id);
    const keys = ids.map((id) => idempotencyKey(id, 'cancel'));
    const untold = new Set((await tx.run(undeliveredCancels, ids, keys)).map(({ id }) => id));
    return [
      this.enqueueCancel(
        tx,
        canceled.filter(({ id }) => untold.has(id)),
      ),
    ];
  }

  private enqueueCancel(tx: Tx, startResults: readonly StartResult[]): Queued {
    return this.outbox.enqueue(
      tx,
      startResults.map(({ id, batchId, onCancel, trace }) => ({
        notice: 'cancel',
        taskId: id,
        batchId,
        actions: onCancel,
        awaitingStart: false,
        trace,
      })),
    );
  }
}

const canceledOf = (startResults: readonly StartResult[], before: AppliedReports['before']): StartResult[] =>
  startResults.filter(({ id }) => before.get(id)!.status === 'Canceled');

/** A result that was reported counts, whatever the start call answered: the receiver has done the work. */
function endingsOf(
  reported: readonly FoldedReport[],
  own: readonly StartResult[],
  before: AppliedReports['before'],
): TaskEnding[] {
  const results = reported.flatMap(({ id, ending }): TaskEnding[] => (ending ? [{ id, ...ending }] : []));
  const resulted = new Set(results.map(({ id }) => id));
  const refused = own.filter(
    ({ id, ok }) => !ok && !resulted.has(id) && TRANSITIONS.refused.from.includes(stateOf(before.get(id)!)),
  );
  return [
    ...results,
    ...refused.map(({ id, error }): TaskEnding => ({ id, ending: 'refused', reason: refusalReason(error) })),
  ];
}

/**
 * Who was taken for lost meanwhile has no claim any more, but that the receiver took the work is worth knowing: it will
 * not be called again. A result that comes too early to count, for the task is back in the queue, is a reason to call
 * again: with the same key, the receiver gives it once more.
 */
function isWorthKnowing({ id, ok, result }: StartResult, before: AppliedReports['before']): boolean {
  const row = before.get(id);
  return ok && row !== undefined && (result === undefined || acceptsReports(row));
}

function registerCancelActions(tx: Tx, startResults: readonly StartResult[]): void {
  const cancelable = startResults.filter(({ onCancel }) => onCancel.length > 0);
  if (cancelable.length === 0) return;
  tx.defer(recordCancelActions, writeJson(cancelable.map(({ id, onCancel }) => ({ id, on_cancel: onCancel }))));
}

const startRecordOf = (call: StartResult): NewStartRecord => ({
  task_id: call.id,
  batch_id: call.batchId,
  key: idempotencyKey(call.id, 'start'),
  url: call.url,
  status: call.ok ? 'success' : 'failure',
  attempts: call.calls,
  last_status: call.status,
  last_error: call.error,
  created_at: call.claimedAt,
});
