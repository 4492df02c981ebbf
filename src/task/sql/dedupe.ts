import type { TaskStatus } from '../../domain/task-status';
import { lock, statement } from '../../database/statement';
import { valuesIn } from '../../rules/sql/values';

const NAMESPACE = 7205;

/**
 * Lets requests that deduplicate against, or create, tasks of these kinds go one after another, so that of two at once
 * the second sees what the first created. Kinds share 256 locks, for the server's table of locks is finite. In order of the lock, and before any row is locked.
 */
export const lockForDedupe = lock<[kinds: string[]]>(
  'dedupe-lock-kinds',
  `SELECT pg_advisory_xact_lock(${NAMESPACE}, hash) FROM (
     SELECT DISTINCT hashtext(kind) & 255 AS hash FROM unnest($1::text[]) AS k(kind) ORDER BY hash OFFSET 0
   ) AS ordered`,
);

// The values that questions ask about stand in documents, which many questions share.
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
 * The oldest task that equals what is asked for, for each question. All are answered by one statement, and so from one
 * snapshot: a task that moves from one state to the next between two statements would be seen by neither. The questions are told
 * apart by what leads to the tasks:
 * - those about tasks under way have an index of just those;
 * - those about tasks in any other state have the index on metadata;
 * - where no field is compared, the tasks of that kind and state are read, once for all such questions.
 */
export const findOriginals = statement<
  [activeJson: string, byMetadataJson: string, byKindJson: string, documentsJson: string],
  { n: number; id: string }
>(
  'dedupe-find-originals',
  `WITH documents AS MATERIALIZED (
     SELECT (d.n - 1)::int AS n, d.fields FROM jsonb_array_elements($4::jsonb) WITH ORDINALITY AS d(fields, n)
   )
   ${oldest('$1', `(t.status IN ('Claimed', 'Running') OR t.paused_from IN ('Claimed', 'Running'))`)}
   UNION ALL
   ${oldest('$2', 't.status = k.status AND d.metadata @> k.fields')}
   UNION ALL
   SELECT k.n, min(t.id::text)::uuid FROM ${asked('$3')} JOIN task t ON t.kind = k.kind AND t.status = k.status
   WHERE json_array_length($3::json) > 0
   GROUP BY k.n`,
);

/** Locks tasks that others turned out to duplicate, in id order: until the commit they stay as they are. */
export const lockOriginals = statement<[ids: string[]], { id: string; status: TaskStatus }>(
  'dedupe-lock-originals',
  `SELECT id, status FROM task WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`,
);
