import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/audit-log';
import { Database } from '../../database/database';
import type { Deferred } from '../../database/deferred';
import type { Tx } from '../../database/statement';
import { batchNotFound, Conflict, NotFound, taskNotFound } from '../../domain/errors';
import { isTerminal, type TaskStatus } from '../../domain/task-status';
import { bounded } from '../../http/faults';
import type { Answer } from '../../idempotency/answer';
import { Idempotency, keyedRequest } from '../../idempotency/idempotency';
import { type Notification, Outbox, type Queued } from '../../webhook/outbox';
import { BatchChanges } from '../batch-changes';
import type { RerunBatchDto, RerunDto } from '../dto/rerun.dto';
import { AfterCommit } from '../finish/after-commit';
import { findBatch, lockBatch, reopenBatch } from '../sql/batch';
import { batchOfTask, type CandidateRow, lockForRerun, rerun, type RerunRow } from '../sql/rerun';

/** Which tasks to rerun; without `named`, all of the batch that did not succeed. */
export interface RerunRequest {
  batchId: string;
  named?: string[];
  downstream: boolean;
  /** Who asked for it, for the audit log. */
  actor: string | null;
}

/** A rerun, whose effects are published after the commit. */
interface Reran {
  batchId: string;
  rows: RerunRow[];
  /** Notifications about earlier attempts. */
  queued: Deferred<Queued>[];
}

const NOTHING = 'There is nothing to rerun: no task failed or was canceled';
const SUCCEEDED = 'There is nothing to rerun: tasks that succeeded only run again with `downstream`';

/** Runs ended tasks again, as their next attempts. Nothing else leaves a terminal status. */
@Injectable()
export class Rerun {
  constructor(
    private readonly database: Database,
    private readonly changes: BatchChanges,
    private readonly idempotency: Idempotency,
    private readonly outbox: Outbox,
    private readonly afterCommit: AfterCommit,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Reruns tasks of a batch.
   * @param key of the request, if its client may repeat it.
   * @throws {NotFound} when the batch, or a named task in it, does not exist.
   * @throws {Conflict} when there is nothing to rerun, or a task cannot run again now.
   */
  ofBatch(
    batchId: string,
    { task_ids, downstream }: RerunBatchDto,
    actor: string | null,
    key?: string,
  ): Promise<Answer> {
    const named = task_ids && [...new Set(task_ids.map((id) => id.toLowerCase()))].sort();
    return this.rerun({ batchId, named, downstream: downstream ?? false, actor }, key);
  }

  /**
   * Reruns one task, with its descendants that did not succeed.
   * @throws {NotFound} when it does not exist.
   * @throws {Conflict} when it has not ended or there is nothing to rerun.
   */
  async ofTask(id: string, downstream: boolean | undefined, actor: string | null, key?: string): Promise<Answer> {
    const [task] = await this.database.run(batchOfTask, id);
    if (!task) throw taskNotFound(id);
    return this.rerun({ batchId: task.batch_id, named: [id], downstream: downstream ?? false, actor }, key);
  }

  private async rerun(request: RerunRequest, key?: string): Promise<Answer> {
    const work = (tx: Tx) => this.inTransaction(tx, request);
    if (key === undefined) {
      const reran = await this.changes.run(() => this.database.transaction(work));
      this.afterCommit.rerun(reran.rows, reran.queued);
      return answerOf(reran);
    }
    const { batchId, named = null, downstream } = request;
    const keyed = keyedRequest(key, `POST /batch/${batchId}/rerun`, [named, downstream]);
    const stored = await this.idempotency.storedAnswer(keyed);
    if (stored) return stored;
    const { answer, result } = await this.changes.run(() => this.idempotency.once(keyed, work, answerOf));
    if (result) this.afterCommit.rerun(result.rows, result.queued);
    return answer;
  }

  private async inTransaction(tx: Tx, request: RerunRequest): Promise<Reran> {
    const { batchId, named, downstream, actor } = request;
    await tx.run(lockBatch, batchId);
    const locked = await tx.run(lockForRerun, batchId, named ?? null, downstream);
    const chosen = await this.choose(tx, request, locked);
    const rows = await tx.run(rerun, chosen);
    refuseLeftOut(rows, new Set(named));
    const again = rows.filter(({ effect }) => effect === 'rerun');
    const awaited = again.filter(({ batch_awaited }) => batch_awaited);
    tx.defer(reopenBatch, batchId, awaited.length);
    const taskId = named?.length === 1 ? named[0] : null;
    const details = { tasks: again.length, downstream };
    this.audit.record(tx, { action: 'rerun_tasks', actor, batchId, taskId, details });
    return { batchId, rows, queued: this.notify(tx, batchId, again) };
  }

  /** Queues the cancel calls to receivers that were silent. Notifications wait no longer for start calls of earlier attempts. */
  private notify(tx: Tx, batchId: string, again: readonly RerunRow[]): Deferred<Queued>[] {
    const starting = again.filter(({ start_open }) => start_open).map(({ id }) => id);
    const released = starting.length > 0 ? [this.outbox.releaseAfterStart(tx, starting)] : [];
    const canceled = again.flatMap(({ id, attempt, on_cancel, trace }): Notification[] =>
      on_cancel
        ? [
            {
              notice: 'cancel',
              taskId: id,
              batchId,
              attempt: attempt - 1,
              actions: on_cancel,
              awaitingStart: false,
              trace,
            },
          ]
        : [],
    );
    return [...released, this.outbox.enqueue(tx, canceled)];
  }

  /** Returns the ids of the tasks to rerun. */
  private async choose(
    tx: Tx,
    { batchId, named, downstream }: RerunRequest,
    locked: CandidateRow[],
  ): Promise<string[]> {
    const candidates = locked.filter(({ is_candidate }) => is_candidate);
    const found = new Set(candidates.map(({ id }) => id));
    const unknown = named?.filter((id) => !found.has(id)) ?? [];
    if (unknown.length > 0 || found.size === 0) await this.refuseUnknown(tx, batchId, unknown);
    refuseUnfinished(candidates, new Set(named));
    const chosen = candidates.filter(({ status }) => isTerminal(status) && (downstream || status !== 'Success'));
    if (chosen.length === 0) throw new Conflict(named ? SUCCEEDED : NOTHING);
    return chosen.map(({ id }) => id);
  }

  private async refuseUnknown(tx: Tx, batchId: string, unknown: readonly string[]): Promise<void> {
    const [batch] = await tx.run(findBatch, batchId);
    if (!batch) throw batchNotFound(batchId);
    if (unknown.length > 0) throw new NotFound('The batch has no such task', bounded(unknown));
  }
}

/**
 * Refuses a rerun if a named task has not ended, or a descendant to rerun has started. Descendants that have not started wait
 * for their parents instead.
 */
function refuseUnfinished(candidates: readonly CandidateRow[], named: ReadonlySet<string>): void {
  const started = ({ status, paused_from }: CandidateRow) => isUnderWay(paused_from ?? status);
  const unfinished = candidates.filter((row) => !isTerminal(row.status) && (named.has(row.id) || started(row)));
  if (unfinished.length === 0) return;
  throw new Conflict(
    unfinished.some(({ id }) => named.has(id))
      ? 'Only tasks that have ended can be rerun'
      : 'A descendant is still running',
    { current_status: unfinished[0].status },
    undefined,
    bounded(unfinished.map(({ id, status }) => `${id}: is ${status}`)),
  );
}

const isUnderWay = (status: TaskStatus): boolean => status === 'Claimed' || status === 'Running';

/** Refuses a rerun that would leave out a named task, or all. */
function refuseLeftOut(rows: readonly RerunRow[], named: ReadonlySet<string>): void {
  const leftOut = rows.filter(({ effect }) => effect === 'left out').map(({ id }) => id);
  if (rows.some(({ effect }) => effect === 'rerun') && !leftOut.some((id) => named.has(id))) return;
  throw new Conflict(
    'A required parent did not succeed; rerun it as well',
    {},
    undefined,
    bounded(leftOut.map((id) => `${id}: requires a parent that did not succeed`)),
  );
}

const answerOf = ({ batchId, rows }: Reran): Answer => {
  const tasks = rows.filter(({ effect }) => effect === 'rerun').map(({ id, attempt }) => ({ id, attempt }));
  const body: RerunDto = { batch_id: batchId, tasks };
  return { status: 200, batchId, body: JSON.stringify(body) };
};
