import type { Rule } from '../../domain/rule';
import { statement } from '../../database/statement';

// The state, compared in a way that no index serves: those of what waits have an entry for all that does. By key, few are read.
const isPending = (task: string) => `(${task}.status = 'Pending') IS NOT FALSE`;

/** Sets tasks aside under the keys that block them; to the world they are still `Pending`. */
export const blockTasks = statement<[ids: string[], keys: string[]]>(
  'rules-park',
  `UPDATE task t SET blocked_by = p.key
   FROM unnest($1::uuid[], $2::bigint[]) AS p(id, key)
   WHERE t.id = p.id AND ${isPending('t')}`,
);

/** A task that is set aside, with the work left in it. */
export interface BlockedRow {
  key: string;
  id: string;
  remaining: number;
}

/**
 * The first tasks set aside under each key, so many at most, in the order in which they start. Those for the hosts `$3` are
 * passed over.
 */
export const firstBlocked = statement<[keys: string[], limits: number[], fullHosts: number[]], BlockedRow>(
  'rules-first-parked',
  `SELECT k.id AS key, p.id, p.remaining FROM unnest($1::bigint[], $2::int[]) AS k(id, most) CROSS JOIN LATERAL (
     SELECT t.id, GREATEST(COALESCE(t.expected_count, 0)::float8 - t.success - t.failures, 0) AS remaining
     FROM task t WHERE t.status = 'Pending' AND t.blocked_by = k.id AND t.host_id <> ALL ($3::int[])
     ORDER BY t.priority DESC, t.created_at, t.id
     LIMIT k.most
   ) p`,
);

/**
 * Which of these tasks come after one that is set aside under this key. Before such a one they must not start: it has
 * waited for the room that there is now. One for the hosts `$3` cannot take it, and keeps nobody waiting.
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

/** Brings tasks back among those that may be claimed. */
export const unblockTasks = statement<[ids: string[]], { id: string }>(
  'rules-unpark',
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
 * Locks candidates that nobody else has taken meanwhile, in the order in which they start. The state is compared in a way
 * that no index serves: that of what may start has an entry for all that waits, and for what was started since the last vacuum.
 */
export const lockCandidates = statement<[ids: string[]], CandidateRow>(
  'rules-lock-candidates',
  `SELECT t.id, t.kind, d.metadata, d.rules,
          CASE WHEN t.expected_count IS NOT NULL
            THEN GREATEST(t.expected_count::float8 - t.success - t.failures, 0) END AS remaining
   FROM task t JOIN task_definition d ON d.id = t.id
   WHERE t.id = ANY ($1::uuid[]) AND (t.status = 'Pending' AND t.blocked_by IS NULL) IS NOT FALSE
   ORDER BY t.priority DESC, t.created_at, t.id
   FOR NO KEY UPDATE OF t SKIP LOCKED`,
);
