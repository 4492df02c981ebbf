import { Injectable } from '@nestjs/common';
import type { Tx } from '../../database/statement';
import { Propagation } from '../../dag/propagation';
import type { LockedRow } from '../../dag/sql/lock';
import { idempotencyKey } from '../../domain/action';
import { writeJson } from '../../domain/exact-number';
import { isTerminal, TRANSITIONS } from '../../domain/task-status';
import { Worker } from '../../loops/worker';
import type { Changed } from '../../rules/rules';
import { type NewStartRecord, Outbox, type Queued } from '../../webhook/outbox';
import { untoldOfCancel } from '../../webhook/sql/untold';
import { applyFields, replaceMetadata } from '../sql/report';
import { registerCancel, settle } from '../sql/settle';
import { Finish, type Finished, type TaskEnding } from './finish';
import type { FoldedReport } from './report';
import { refusalReason, type Settlement } from './settlement';

/** What came of reports and settlements. */
export interface Received {
  finished: Finished;
  /** How all tasks that are touched stood before. */
  before: ReadonlyMap<string, LockedRow>;
  /** Tasks that count differently under rules now; complete with the commit. */
  changed: Changed[];
}

const stateOf = ({ status, held_status }: LockedRow) => held_status ?? status;

/** Whether reports on a task in this state count. */
export const takesReports = (row: LockedRow): boolean => TRANSITIONS.succeeded.from.includes(stateOf(row));

/**
 * Takes in what receivers say of tasks, within a transaction: fields are written, tasks end with all that follows, start
 * calls are put on record and their claims end. Once all of it is locked, nothing has to wait for anything else.
 */
@Injectable()
export class Reception {
  constructor(
    private readonly propagation: Propagation,
    private readonly finish: Finish,
    private readonly outbox: Outbox,
    private readonly worker: Worker,
  ) {}

  /** @param places for start calls of tasks that become free. */
  async take(
    tx: Tx,
    reports: readonly FoldedReport[],
    settlements: readonly Settlement[],
    places: number,
  ): Promise<Received> {
    const before = await this.lock(tx, reports, settlements);
    const reported = reports.filter(({ id }) => before.has(id) && takesReports(before.get(id)!));
    const isOwn = ({ id, calls }: Settlement) => {
      const row = before.get(id);
      // An answer to an earlier call of this worker says nothing about the one that is in flight.
      return row?.claimed_by === this.worker.id && row.start_calls === calls;
    };
    const own = settlements.filter(isOwn);
    const late = settlements.filter((settlement) => !isOwn(settlement) && isWorthKnowing(settlement, before));
    const changed: Changed[] = [];
    this.writeFields(tx, reported, changed);
    registerCancelActions(tx, [...own, ...late]);
    const endings = endingsOf(reported, own, before);
    const queued = this.settleClaims(tx, own, { ending: new Set(endings.map(({ id }) => id)), before, changed });
    const finished = await this.finish.finish(tx, endings, {
      settled: own.map(({ id }) => id),
      starts: [...own, ...late].filter(({ known }) => !known).map(startRecordOf),
      places,
    });
    finished.queued.push(...queued, ...(await this.cancelLate(tx, late, before)));
    return { finished, before, changed };
  }

  private async lock(
    tx: Tx,
    reports: readonly FoldedReport[],
    settlements: readonly Settlement[],
  ): Promise<Map<string, LockedRow>> {
    const ids = [...new Set([...reports, ...settlements].map(({ id }) => id))];
    const results = reports.filter(({ ending }) => ending);
    const failing = [
      ...results.filter(({ ending }) => ending?.ending === 'failed'),
      ...settlements.filter(({ ok }) => !ok),
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
  private settleClaims(
    tx: Tx,
    own: readonly Settlement[],
    { ending, before, changed }: { ending: ReadonlySet<string>; before: Received['before']; changed: Changed[] },
  ): Queued[] {
    const open = own.filter(({ id }) => !ending.has(id));
    if (open.length === 0) return [];
    const ids = open.map(({ id }) => id);
    tx.defer(settle, ids, this.worker.id, (rows) => changed.push(...rows));
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
  private async cancelLate(tx: Tx, late: readonly Settlement[], before: Received['before']): Promise<Queued[]> {
    const canceled = canceledOf(late, before).filter(({ onCancel }) => onCancel.length > 0);
    if (canceled.length === 0) return [];
    const ids = canceled.map(({ id }) => id);
    const keys = ids.map((id) => idempotencyKey(id, 'cancel'));
    const untold = new Set((await tx.run(untoldOfCancel, ids, keys)).map(({ id }) => id));
    return [
      this.enqueueCancel(
        tx,
        canceled.filter(({ id }) => untold.has(id)),
      ),
    ];
  }

  private enqueueCancel(tx: Tx, settlements: readonly Settlement[]): Queued {
    return this.outbox.enqueue(
      tx,
      settlements.map(({ id, batchId, onCancel, trace }) => ({
        notice: 'cancel',
        taskId: id,
        batchId,
        actions: onCancel,
        held: false,
        trace,
      })),
    );
  }
}

const canceledOf = (settlements: readonly Settlement[], before: Received['before']): Settlement[] =>
  settlements.filter(({ id }) => before.get(id)!.status === 'Canceled');

/** A result that was reported counts, whatever the start call answered: the receiver has done the work. */
function endingsOf(
  reported: readonly FoldedReport[],
  own: readonly Settlement[],
  before: Received['before'],
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
function isWorthKnowing({ id, ok, result }: Settlement, before: Received['before']): boolean {
  const row = before.get(id);
  return ok && row !== undefined && (result === undefined || takesReports(row));
}

function registerCancelActions(tx: Tx, settlements: readonly Settlement[]): void {
  const cancelable = settlements.filter(({ onCancel }) => onCancel.length > 0);
  if (cancelable.length === 0) return;
  tx.defer(registerCancel, writeJson(cancelable.map(({ id, onCancel }) => ({ id, on_cancel: onCancel }))));
}

const startRecordOf = (call: Settlement): NewStartRecord => ({
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
