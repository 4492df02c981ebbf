import type { TaskStatus } from '../../domain/task-status';
import { statement } from '../../database/statement';

const NAMESPACE = 7204;

// Kinds share 256 locks: one transaction may name thousands of kinds, and the server's table of locks is finite.
/**
 * Serialises decisions about kinds: whoever admits tasks by rules that look at these kinds waits here for others who
 * do. In order of the lock, and before any row is locked.
 */
export const lockKinds = statement<[kinds: string[]]>(
  'rules-lock-kinds',
  `SELECT pg_advisory_xact_lock(${NAMESPACE}, hash) FROM (
     SELECT DISTINCT hashtext(kind) & 255 AS hash FROM unnest($1::text[]) AS k(kind) ORDER BY hash OFFSET 0
   ) AS ordered`,
);

/** Waits for decisions about these kinds that are under way, and lets none begin until this transaction has ended. */
export const lockKindsShared = statement<[kinds: string[]]>(
  'rules-lock-kinds-shared',
  `SELECT pg_advisory_xact_lock_shared(${NAMESPACE}, hash) FROM (
     SELECT DISTINCT hashtext(kind) & 255 AS hash FROM unnest($1::text[]) AS k(kind) ORDER BY hash OFFSET 0
   ) AS ordered`,
);

/** Makes known that rules look at these kinds. */
export const registerKinds = statement<[kinds: string[]]>(
  'rules-register-kinds',
  `INSERT INTO ruled_kind (kind) SELECT DISTINCT unnest($1::text[]) ON CONFLICT DO NOTHING`,
);

export interface UsageRow {
  id: string;
  tasks: number;
  work: string;
}

const counted = `count(t.id)::int AS tasks,
       COALESCE(sum(GREATEST(COALESCE(t.expected_count, 0)::bigint - t.success - t.failures, 0)), 0)::text AS work`;
const input = `json_to_recordset($1::json) AS k(id bigint, kind text, status task_status, fields jsonb)`;
const sameValues = `NOT EXISTS (SELECT FROM jsonb_each(k.fields) f WHERE d.metadata -> f.key IS DISTINCT FROM f.value)`;

/**
 * What is under way by key, for keys that count running tasks. Tasks under way are few and have an index of their own,
 * however many there are in the table.
 */
export const activeUsage = statement<[keysJson: string], UsageRow>(
  'rules-active-usage',
  `SELECT k.id, ${counted}
   FROM ${input}
   JOIN task t ON t.kind = k.kind
     AND (t.status IN ('Claimed', 'Running') OR t.held_status IN ('Claimed', 'Running'))
   JOIN task_definition d ON d.id = t.id
   WHERE ${sameValues}
   GROUP BY k.id`,
);

/** The same for keys that count tasks in another state. */
export const otherUsage = statement<[keysJson: string], UsageRow>(
  'rules-other-usage',
  `SELECT k.id, ${counted}
   FROM ${input}
   JOIN task t ON t.kind = k.kind AND t.status = k.status
   JOIN task_definition d ON d.id = t.id
   WHERE ${sameValues}
   GROUP BY k.id`,
);

export interface RuleKeyRow {
  id: string;
  type: 'Concurrency' | 'Capacity';
  max: number;
  kind: string;
  status: TaskStatus;
  fields: Record<string, unknown>;
}

/** Keeps a record of keys that tasks are set aside under. One that is open stays so. */
export const recordKeys = statement<[keysJson: string]>(
  'rules-record-keys',
  `INSERT INTO rule_key (id, type, max, kind, status, fields, open)
   SELECT id, type, max, kind, status, fields, false
   FROM json_to_recordset($1::json) AS k(
     id bigint, type text, max int, kind text, status task_status, fields jsonb)
   ORDER BY id
   ON CONFLICT (id) DO NOTHING`,
);

/** Keys that may admit something again. */
export const openKeys = statement<[limit: number], RuleKeyRow>(
  'rules-open-keys',
  `SELECT id, type, max, kind, status, fields FROM rule_key WHERE open ORDER BY id LIMIT $1`,
);

/**
 * Opens the keys that count these tasks: one has ended, or has less to do, or other metadata, and what waits under
 * the key may be admissible now. Of kinds in `$2` all keys are opened: metadata has changed, and what it was is gone.
 */
export const openKeysOf = statement<[ids: string[], kinds: string[]], { id: string }>(
  'rules-open-keys-of',
  `UPDATE rule_key SET open = true
   WHERE id IN (
     SELECT k.id FROM task t
     JOIN task_definition d ON d.id = t.id
     JOIN rule_key k ON k.kind = t.kind
     WHERE t.id = ANY ($1::uuid[]) AND NOT k.open AND (${sameValues} OR k.kind = ANY ($2::text[]))
     ORDER BY k.id
     FOR UPDATE OF k
   )
   RETURNING id`,
);

/** Opens all keys: the slow sweep that repairs what a crash left behind. */
export const openAllKeys = statement<[], { id: string }>(
  'rules-open-all-keys',
  `UPDATE rule_key SET open = true WHERE NOT open RETURNING id`,
);

/** Closes keys that were found full, and forgets those that nothing waits under. */
export const closeKeys = statement<[full: string[], empty: string[]]>(
  'rules-close-keys',
  `WITH closed AS (
     UPDATE rule_key SET open = false WHERE id = ANY ($1::bigint[])
   )
   DELETE FROM rule_key WHERE id = ANY ($2::bigint[])`,
);
