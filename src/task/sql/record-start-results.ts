import { statement } from '../../database/statement';
import { isRuledInAnyState } from '../../rules/sql/kinds';

/** A task whose kind rules count in other statuses than `Running`, one of which it may have left. */
export interface RecordedStartRow {
  id: string;
  kind: string;
}

/**
 * Ends the claims of worker `$2` on tasks whose start result is recorded. A `Claimed` task was accepted and becomes
 * `Running`; one that was reported or canceled meanwhile keeps its status and only loses the claim. The worker is
 * compared with IS NOT DISTINCT FROM so that the index on claims is not used: it has an entry for every task started
 * since the last vacuum. Returns only tasks that rules count.
 */
export const recordStartResults = statement<[ids: string[], worker: string], RecordedStartRow>(
  'task-record-start-results',
  `WITH recorded AS (
     UPDATE task t
     SET claimed_by = NULL,
         status = CASE WHEN t.status = 'Claimed' THEN 'Running' ELSE t.status END,
         paused_from = CASE WHEN t.paused_from = 'Claimed' THEN 'Running' ELSE t.paused_from END,
         started_at = CASE WHEN t.ended_at IS NULL THEN COALESCE(t.started_at, now()) ELSE t.started_at END,
         last_updated = CASE WHEN t.ended_at IS NULL THEN now() ELSE t.last_updated END,
         deadline = CASE WHEN t.status = 'Claimed' THEN now() + make_interval(secs => t.timeout_secs) END
     WHERE t.id = ANY ($1::uuid[]) AND t.claimed_by IS NOT DISTINCT FROM $2
     RETURNING t.id, t.kind, ${isRuledInAnyState('t.kind')} AS ruled
   )
   SELECT id, kind FROM recorded WHERE ruled`,
);

/** Stores the cancel actions from the answers to start calls. */
export const recordCancelActions = statement<[rowsJson: string]>(
  'task-record-cancel-actions',
  `UPDATE task_definition d SET on_cancel = r.on_cancel
   FROM json_to_recordset($1::json) AS r(id uuid, on_cancel json)
   WHERE d.id = r.id`,
);

/**
 * Stores the cancel actions from late answers to start calls of canceled attempts, if other attempts follow. Returns these
 * attempts: their receivers have the work, and must be notified.
 */
export const recordLateCancelActions = statement<[rowsJson: string], { id: string; attempt: number }>(
  'task-record-late-cancel-actions',
  `UPDATE task_attempt a SET on_cancel = r.on_cancel
   FROM json_to_recordset($1::json) AS r(id uuid, attempt int, on_cancel json)
   WHERE a.task_id = r.id AND a.attempt = r.attempt AND a.status = 'Canceled' AND a.on_cancel IS NULL
   RETURNING a.task_id AS id, a.attempt`,
);
