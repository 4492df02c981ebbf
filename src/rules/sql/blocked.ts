import type { Rule } from '../../domain/rule';
import { statement } from '../../database/statement';
import { remainingOf } from './values';

// IS NOT FALSE keeps the planner from an index on the status: that has an entry for every waiting task. Few ids are given.
const isPending = (task: string) => `(${task}.status = 'Pending') IS NOT FALSE`;

/** Blocks tasks under keys, which hides them from claims; clients still see them as `Pending`. */
export const blockTasks = statement<[ids: string[], keys: string[]]>(
  'rules-block',
  `UPDATE task t SET blocked_by = p.key
   FROM unnest($1::uuid[], $2::bigint[]) AS p(id, key)
   WHERE t.id = p.id AND ${isPending('t')}`,
);

/** A blocked task, and the items of work left in it. */
export interface BlockedRow {
  key: string;
  id: string;
  remaining: number;
}

/** Returns the first blocked tasks of each key, in the order in which they start; tasks of the hosts `$3` are skipped. */
export const firstBlocked = statement<[keys: string[], limits: number[], fullHosts: number[]], BlockedRow>(
  'rules-first-blocked',
  `SELECT k.id AS key, p.id, p.remaining FROM unnest($1::bigint[], $2::int[]) AS k(id, most) CROSS JOIN LATERAL (
     SELECT t.id, COALESCE(${remainingOf('t')}, 0) AS remaining
     FROM task t WHERE t.status = 'Pending' AND t.blocked_by = k.id AND t.host_id <> ALL ($3::int[])
     ORDER BY t.priority DESC, t.created_at, t.id
     LIMIT k.most
   ) p`,
);

/**
 * Returns the tasks that come after a blocked one of their key. They must not overtake it, because it waits for the same
 * capacity. A blocked task of the hosts `$3` cannot start now, so others may overtake it.
 */
export const findBehind = statement<[ids: string[], keys: string[], fullHosts: number[]], { id: string; key: string }>(
  'rules-find-behind',
  `SELECT c.id, c.key FROM unnest($1::uuid[], $2::bigint[]) AS c(id, key)
   JOIN task t ON t.id = c.id
   CROSS JOIN LATERAL (
     SELECT p.priority, p.created_at, p.id FROM task p
     WHERE p.status = 'Pending' AND p.blocked_by = c.key AND p.host_id <> ALL ($3::int[])
     ORDER BY p.priority DESC, p.created_at, p.id
     LIMIT 1
   ) first
   WHERE (-first.priority, first.created_at, first.id) < (-t.priority, t.created_at, t.id)`,
);

/** Returns blocked tasks to the queue. */
export const unblockTasks = statement<[ids: string[]], { id: string }>(
  'rules-unblock',
  `UPDATE task t SET blocked_by = NULL
   FROM (
     SELECT id FROM task WHERE id = ANY ($1::uuid[]) AND ${isPending('task')} ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
   ) AS locked
   WHERE t.id = locked.id
   RETURNING t.id`,
);

export interface CandidateRow {
  id: string;
  kind: string;
  metadata: unknown;
  remaining: number | null;
  rules: Rule[] | null;
}

/**
 * Locks candidates that are still in the queue, in the order in which they start. IS NOT FALSE keeps the planner from the
 * index of the queue, which has an entry for every task that was started since the last vacuum.
 */
export const lockCandidates = statement<[ids: string[]], CandidateRow>(
  'rules-lock-candidates',
  `SELECT t.id, t.kind, d.metadata, d.rules, ${remainingOf('t')} AS remaining
   FROM task t JOIN task_definition d ON d.id = t.id
   WHERE t.id = ANY ($1::uuid[]) AND (t.status = 'Pending' AND t.blocked_by IS NULL AND NOT t.delayed) IS NOT FALSE
   ORDER BY t.priority DESC, t.created_at, t.id
   FOR NO KEY UPDATE OF t SKIP LOCKED`,
);
