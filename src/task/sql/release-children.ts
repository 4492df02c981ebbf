import { satisfiedChildren } from '../../dag/sql/descendants';
import { statement } from '../../database/statement';
import { isRuledInAnyState } from '../../rules/sql/kinds';
import type { ClaimedRow } from './claim';
import { awaitsCancel } from './delay';

/** A task that has become `Pending`, or that this replica has claimed in the same statement. */
export type ReleasedRow = { delayed: boolean } & (
  (ClaimedRow & { status: 'Claimed' }) | { id: string; status: 'Pending' }
);

/**
 * Decrements the open parents of the children of ended tasks. A child without open parents becomes `Pending`; a paused one
 * stays paused and resumes as `Pending`. One with a delay, with a time that has not come, or whose last receiver is still to be
 * told of a cancel, is delayed. Worker `$4` claims up to `$3` of those without rules, in their order and in the same row
 * version. The children must be locked already.
 */
export const releaseChildren = statement<
  [ended: string[], succeeded: boolean[], slots: number, worker: string],
  ReleasedRow
>(
  'task-release-children',
  `WITH ${satisfiedChildren}, children AS MATERIALIZED (
     SELECT t.id, s.n, t.priority, t.created_at, t.open_parents = s.n AS is_last,
            t.status = 'Waiting' AND t.open_parents = s.n AS free,
            r.run_at, (r.run_at > now()) IS TRUE OR ${awaitsCancel('t')} AS later
     FROM satisfied s JOIN task t ON t.id = s.id CROSS JOIN LATERAL (
       SELECT CASE WHEN t.delay_secs IS NULL THEN t.run_at ELSE now() + make_interval(secs => t.delay_secs) END AS run_at
     ) r
     WHERE t.status = 'Waiting' OR t.paused_from = 'Waiting'
   ), next AS MATERIALIZED (
     SELECT c.id, d.on_start, d.trace FROM children c JOIN task_definition d ON d.id = c.id
     WHERE c.free AND d.rules IS NULL AND NOT c.later
     ORDER BY c.priority DESC, c.created_at, c.id
     LIMIT $3
   ), counted AS (
     UPDATE task t
     SET open_parents = t.open_parents - c.n,
         status = CASE WHEN n.id IS NOT NULL THEN 'Claimed' WHEN c.free THEN 'Pending' ELSE t.status END,
         paused_from = CASE WHEN t.paused_from = 'Waiting' AND c.is_last THEN 'Pending' ELSE t.paused_from END,
         run_at = CASE WHEN c.is_last AND c.later THEN COALESCE(c.run_at, now()) WHEN c.is_last THEN c.run_at ELSE t.run_at END,
         delayed = c.is_last AND c.later,
         claimed_by = CASE WHEN n.id IS NOT NULL THEN $4::uuid ELSE t.claimed_by END,
         claimed_at = CASE WHEN n.id IS NOT NULL THEN clock_timestamp() ELSE t.claimed_at END,
         start_calls = t.start_calls + (n.id IS NOT NULL)::int,
         last_updated = CASE WHEN c.is_last THEN now() ELSE t.last_updated END
     FROM children c LEFT JOIN next n ON n.id = c.id
     WHERE t.id = c.id
     RETURNING t.id, t.status, t.batch_id, t.kind, t.claimed_at::text, t.start_calls, t.attempt, t.delayed, n.on_start, n.trace,
               false AS accepted,
               ${isRuledInAnyState('t.kind')} AS ruled
   )
   SELECT * FROM counted WHERE status IN ('Pending', 'Claimed')`,
);
