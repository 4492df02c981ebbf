import type { TaskStatus } from '../../domain/task-status';
import { statement } from '../../database/statement';
import { valuesIn } from './values';

export interface RuleKeyRow {
  id: string;
  type: 'Concurrency' | 'Capacity';
  max: number;
  kind: string;
  status: TaskStatus;
  /** Names of the metadata fields, sorted. */
  names: string[];
  /** The values that a task must have in these fields to be counted. */
  fields: Record<string, unknown>;
}

/** A key with the id of its matcher. */
export type NewRuleKey = RuleKeyRow & { matcher: string };

/** Records keys that block tasks. An open key stays open. */
export const recordKeys = statement<[keysJson: string]>(
  'rules-record-keys',
  `WITH input AS (
     SELECT * FROM json_to_recordset($1::json) AS k(
       id bigint, matcher bigint, type text, max int, kind text, status task_status, names text[], fields jsonb)
   ), matchers AS (
     INSERT INTO rule_matcher (id, kind, status, fields)
     SELECT DISTINCT ON (matcher) matcher, kind, status, names FROM input ORDER BY matcher
     ON CONFLICT (id) DO NOTHING
   )
   INSERT INTO rule_key (id, matcher, type, max, fields, open)
   SELECT id, matcher, type, max, fields, false FROM input ORDER BY id
   ON CONFLICT (id) DO NOTHING`,
);

/** Returns open keys, which may have capacity, except those of the kinds `$2`. */
export const findOpenKeys = statement<[limit: number, excludedKinds: string[]], RuleKeyRow>(
  'rules-open-keys',
  `SELECT k.id, k.type, k.max, m.kind, m.status, m.fields AS names, k.fields
   FROM rule_key k JOIN rule_matcher m ON m.id = k.matcher
   WHERE k.open AND m.kind <> ALL ($2::text[]) ORDER BY k.id LIMIT $1`,
);

/**
 * Opens the keys that count these tasks, because a task has ended, has less work left, or has other metadata. Of the kinds
 * `$2` all keys are opened: metadata was replaced, and the former values are unknown.
 */
export const openKeysOf = statement<[ids: string[], kinds: string[]], { id: string }>(
  'rules-open-keys-of',
  `WITH found AS MATERIALIZED (
     SELECT k.id FROM task t
     JOIN rule_matcher m ON m.kind = t.kind
     JOIN task_definition d ON d.id = t.id
     CROSS JOIN LATERAL ${valuesIn('d.metadata', 'm.fields')} v
     JOIN rule_key k ON k.matcher = m.id AND jsonb_hash(k.fields) = jsonb_hash(v.fields) AND k.fields = v.fields
     WHERE t.id = ANY ($1::uuid[])
     UNION
     SELECT k.id FROM rule_matcher m JOIN rule_key k ON k.matcher = m.id WHERE m.kind = ANY ($2::text[])
   ), locked AS (
     SELECT k.id FROM rule_key k JOIN found f ON f.id = k.id WHERE NOT k.open ORDER BY k.id FOR UPDATE OF k
   )
   UPDATE rule_key k SET open = true FROM locked l WHERE k.id = l.id
   RETURNING k.id`,
);

/** Opens all keys that are not locked: the sweep that repairs what a crash has left closed. */
export const openAllKeys = statement<[], { id: string }>(
  'rules-open-all-keys',
  `UPDATE rule_key SET open = true
   WHERE id IN (SELECT id FROM rule_key WHERE NOT open ORDER BY id FOR UPDATE SKIP LOCKED)
   RETURNING id`,
);

/** Opens keys again that were found to have capacity for blocked tasks. */
export const reopenKeys = statement<[ids: string[]]>(
  'rules-reopen-keys',
  `UPDATE rule_key SET open = true WHERE id = ANY ($1::bigint[]) AND NOT open`,
);

/** Closes keys that were found full, and deletes those that block no task. */
export const closeKeys = statement<[full: string[], empty: string[]]>(
  'rules-close-keys',
  `WITH closed AS (
     UPDATE rule_key SET open = false WHERE id = ANY ($1::bigint[])
   )
   DELETE FROM rule_key WHERE id = ANY ($2::bigint[])`,
);

/** Deletes the matchers of these kinds that no key refers to. */
export const deleteMatchers = statement<[kinds: string[]]>(
  'rules-delete-matchers',
  `DELETE FROM rule_matcher m
   WHERE m.kind = ANY ($1::text[]) AND NOT EXISTS (SELECT FROM rule_key k WHERE k.matcher = m.id)`,
);
