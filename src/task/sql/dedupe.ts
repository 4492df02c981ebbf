import type { TaskStatus } from '../../domain/task-status';
import { lock, statement } from '../../database/statement';

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

const input = `json_to_recordset($1::json) AS k(n int, kind text, status task_status, fields jsonb)`;
const sameValues = `NOT EXISTS (SELECT FROM jsonb_each(k.fields) f WHERE d.metadata -> f.key IS DISTINCT FROM f.value)`;
const first = (where: string) =>
  `SELECT k.n, found.id FROM ${input} CROSS JOIN LATERAL (
     SELECT t.id FROM task t JOIN task_definition d ON d.id = t.id
     WHERE t.kind = k.kind AND ${where} AND ${sameValues}
     ORDER BY t.created_at, t.id
     LIMIT 1
   ) found`;

/** The oldest task that equals what is asked for, for each question about tasks under way; an index has just those. */
export const findActive = statement<[questionsJson: string], { n: number; id: string }>(
  'dedupe-find-active',
  first(`(t.status IN ('Claimed', 'Running') OR t.held_status IN ('Claimed', 'Running'))`),
);

/** The same about tasks in any other state; the index on metadata leads to them. */
export const findByMetadata = statement<[questionsJson: string], { n: number; id: string }>(
  'dedupe-find-by-metadata',
  first(`t.status = k.status AND d.metadata @> k.fields`),
);

/**
 * The same where no field is compared. No index leads there, so the table is read, once for all such questions: for each
 * by itself, a request of thousands would read it thousands of times.
 */
export const findByKind = statement<[questionsJson: string], { n: number; id: string }>(
  'dedupe-find-by-kind',
  `SELECT k.n, min(t.id::text)::uuid AS id FROM ${input} JOIN task t ON t.kind = k.kind AND t.status = k.status
   GROUP BY k.n`,
);

/** Locks tasks that others turned out to duplicate, in id order: until the commit they stay as they are. */
export const lockOriginals = statement<[ids: string[]], { id: string; status: TaskStatus }>(
  'dedupe-lock-originals',
  `SELECT id, status FROM task WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`,
);
