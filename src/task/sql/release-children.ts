import { satisfiedChildren } from '../../dag/sql/descendants';
import { statement } from '../../database/statement';
import { isRuledInAnyState } from '../../rules/sql/kinds';
import type { ClaimedRow } from './claim';
import { awaitsCancel } from './delay';

/** A task that has become `Pending`, or that this replica has claimed in the same statement. */
export type ReleasedRow = { delayed: boolean } & (
  (ClaimedRow & { status: 'Claimed' }) | { id: string; status: 'Pending' }
);

/** SQL: whether a task waits for nothing but the links that end now, `n` of a row. */
const isFree = (task: string, row: string) => `(${task}.status = 'Waiting' AND ${task}.open_parents = ${row}.n)`;

const isClaimed = `c.chosen AND ${isFree('t', 'c')}`;

/**
 * Decrements the open parents of the children of ended tasks. A child without open parents becomes `Pending`; a paused one
 * stays paused and resumes as `Pending`. One with a delay, with a time that has not come, or whose last receiver must still be
 * notified of a cancel, is delayed. Worker `$4` claims up to `$3` of those without rules, in their order and in the same row
 * version. The children must be locked already.
 */
export const releaseChildren = statement<
  [ended: string[], succeeded: boolean[], slots: number, worker: string],
  ReleasedRow
>(
  'task-release-children',
  `WITH ${satisfiedChildren}, children AS MATERIALIZED (
     SELECT t.id, s.n, t.priority, t.created_at, r.run_at, f.later,
            f.free AND NOT f.later
              -- After a rerun of a parent, an earlier start call may have succeeded. Only a claim from the queue checks that.
              AND t.start_calls = 0
              AND COALESCE((SELECT d.rules IS NULL FROM task_definition d WHERE d.id = t.id), false) AS claimable
     FROM satisfied s JOIN task t ON t.id = s.id CROSS JOIN LATERAL (
       SELECT CASE WHEN t.delay_secs IS NULL THEN t.run_at ELSE now() + make_interval(secs => t.delay_secs) END AS run_at
     ) r CROSS JOIN LATERAL (
       SELECT ${isFree('t', 's')} AS free, (r.run_at > now()) IS TRUE OR ${awaitsCancel('t')} AS later
     ) f
     WHERE t.status = 'Waiting' OR t.paused_from = 'Waiting'
   ), ranked AS MATERIALIZED (
     -- Not a LIMIT and a join, which would compare every child with every claimed one.
     SELECT *, claimable AND row_number() OVER (PARTITION BY claimable ORDER BY priority DESC, created_at, id) <= $3 AS chosen
     FROM children
   ), counted AS (
     UPDATE task t
     -- What is free is decided by the row as it is now: a child that the graph gained meanwhile was not locked before.
     SET open_parents = t.open_parents - c.n,
         status = CASE WHEN NOT ${isFree('t', 'c')} THEN t.status WHEN c.chosen THEN 'Claimed' ELSE 'Pending' END,
         paused_from = CASE WHEN t.paused_from = 'Waiting' AND t.open_parents = c.n THEN 'Pending' ELSE t.paused_from END,
         run_at = CASE WHEN t.open_parents > c.n THEN t.run_at WHEN c.later THEN COALESCE(c.run_at, now()) ELSE c.run_at END,
         delayed = t.open_parents = c.n AND c.later,
         claimed_by = CASE WHEN ${isClaimed} THEN $4::uuid ELSE t.claimed_by END,
         claimed_at = CASE WHEN ${isClaimed} THEN clock_timestamp() ELSE t.claimed_at END,
         start_calls = t.start_calls + (${isClaimed})::int,
         last_updated = CASE WHEN t.open_parents = c.n THEN now() ELSE t.last_updated END
     FROM ranked c
     WHERE t.id = c.id AND (t.status = 'Waiting' OR t.paused_from = 'Waiting')
     RETURNING t.id, t.status, t.batch_id, t.kind, t.claimed_at::text, t.start_calls, t.attempt, t.delayed,
               false AS accepted,
               ${isRuledInAnyState('t.kind')} AS ruled
   )
   -- OFFSET 0 keeps this a look-up by id, made only for claimed children.
   SELECT c.*, d.on_start, d.trace FROM counted c
   LEFT JOIN LATERAL (SELECT on_start, trace FROM task_definition WHERE id = c.id AND c.status = 'Claimed' OFFSET 0) d ON true
   WHERE c.status IN ('Pending', 'Claimed')`,
);
