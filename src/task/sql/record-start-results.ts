import { statement } from '../../database/statement';
import { isRuledInAnyState } from '../../rules/sql/kinds';

/** Rules look at its kind in other states than `Running`, and it may have left one. */
export interface RecordedStartRow {
  id: string;
  kind: string;
}

/**
 * Ends the claims of worker `$2` on tasks whose start call is settled. A task that is still `Claimed` was accepted and
 * runs from now on; one that was reported or canceled meanwhile keeps its state and only loses the claim. The worker is
 * compared in a way that no index serves: that of claims has an entry for every task which was started since the last vacuum.
 * Answers only what concerns a rule.
 */
export const recordStartResults = statement<[ids: string[], worker: string], RecordedStartRow>(
  'task-recordStartResults',
  `WITH settled AS (
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
   SELECT id, kind FROM settled WHERE ruled`,
);

/** Keeps the cancel actions that receivers answered with. */
export const recordCancelActions = statement<[rowsJson: string]>(
  'task-register-cancel',
  `UPDATE task_definition d SET on_cancel = r.on_cancel
   FROM json_to_recordset($1::json) AS r(id uuid, on_cancel json)
   WHERE d.id = r.id`,
);
