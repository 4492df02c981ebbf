import type { TaskStatus } from '../../domain/task-status';
import { ADVISORY_LOCKS } from '../../database/advisory-locks';
import { lock, statement } from '../../database/statement';
import { isActive, isInStatus } from '../../rules/sql/active';
import { kindHashes } from '../../rules/sql/kinds';
import { valuesIn } from '../../rules/sql/values';

/**
 * Serialises requests that deduplicate against tasks of these kinds or create some, so that the second of two sees the
 * tasks of the first. Takes the locks in their order, before any row is locked.
 */
export const lockForDedupe = lock<[kinds: string[]]>(
  'dedupe-lock-kinds',
  `SELECT pg_advisory_xact_lock(${ADVISORY_LOCKS.dedupeOfKind}, hash) FROM (${kindHashes}) AS ordered`,
);

// Questions refer to documents, which hold the values that many of them share.
const asked = (json: string) => `(
     SELECT q.n, q.kind, q.status, v.fields
     FROM json_to_recordset(${json}::json) AS q(n int, kind text, status task_status, names text[], document int)
     JOIN documents d ON d.n = q.document
     CROSS JOIN LATERAL ${valuesIn('d.fields', 'q.names')} v
   ) AS k`;
const sameValues = `NOT EXISTS (SELECT FROM jsonb_each(k.fields) f WHERE d.metadata -> f.key IS DISTINCT FROM f.value)`;
const oldest = (json: string, where: string) =>
  `(SELECT k.n, found.id FROM ${asked(json)} CROSS JOIN LATERAL (
     SELECT t.id FROM task t JOIN task_definition d ON d.id = t.id
     WHERE t.kind = k.kind AND ${where} AND ${sameValues}
     ORDER BY t.created_at, t.id
     LIMIT 1
   ) found)`;

/**
 * Returns the oldest matching task for each question. One statement, and so one snapshot, answers all of them: a task that
 * changes its status between two statements could be missed by both. Questions are separated by the index that serves them:
 * - questions about active tasks use the index of active tasks;
 * - questions about another status use the index on metadata;
 * - questions without fields read the tasks of their kind and status, once for all of them.
 */
export const findOriginals = statement<
  [activeJson: string, byMetadataJson: string, byKindJson: string, documentsJson: string],
  { n: number; id: string }
>(
  'dedupe-find-originals',
  `WITH documents AS MATERIALIZED (
     SELECT (d.n - 1)::int AS n, d.fields FROM jsonb_array_elements($4::jsonb) WITH ORDINALITY AS d(fields, n)
   )
   ${oldest('$1', isActive('t'))}
   UNION ALL
   ${oldest('$2', 't.status = k.status AND d.metadata @> k.fields')}
   UNION ALL
   SELECT k.n, min(t.id::text)::uuid FROM ${asked('$3')} JOIN task t ON ${isInStatus('t', 'k')}
   WHERE json_array_length($3::json) > 0
   GROUP BY k.n`,
);

/** Locks originals in id order, so that they do not change before the commit. */
export const lockOriginals = statement<[ids: string[]], { id: string; status: TaskStatus }>(
  'dedupe-lock-originals',
  `SELECT id, status FROM task WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`,
);
