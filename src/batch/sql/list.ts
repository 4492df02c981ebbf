import type { TaskStatus } from '../../domain/task-status';
import { statement } from '../../database/statement';

export interface BatchSummaryRow {
  batch_id: string;
  total_tasks: number;
  first_created_at: Date;
  latest_updated_at: Date;
  /** States without tasks are missing. */
  counts: Partial<Record<TaskStatus, number>>;
  kinds: string[];
  scope: string | null;
  metadata: unknown;
}

export type ListParams = [
  kind: string | null,
  name: string | null,
  status: TaskStatus | null,
  createdAfter: Date | null,
  createdBefore: Date | null,
  scope: string | null,
  metadata: string | null,
  search: string | null,
  limit: number,
  offset: number,
];

/**
 * Batches, newest first. The page is found before anything is counted; summaries are made of its batches alone. What
 * is asked of tasks must hold for one and the same task, and a batch without tasks is none.
 */
export const listBatches = statement<ListParams, BatchSummaryRow>(
  'batch-list',
  `WITH page AS MATERIALIZED (
     SELECT b.id, b.created_at, b.scope, b.metadata FROM batch b
     WHERE ($4::timestamptz IS NULL OR b.created_at >= $4)
       AND ($5::timestamptz IS NULL OR b.created_at <= $5)
       AND ($6::text IS NULL OR b.scope = $6)
       AND ($7::jsonb IS NULL OR b.metadata @> $7)
       AND EXISTS (
         SELECT FROM task_definition d JOIN task t ON t.id = d.id
         WHERE d.batch_id = b.id
           AND ($1::text IS NULL OR t.kind ILIKE $1)
           AND ($2::text IS NULL OR d.name ILIKE $2)
           AND ($3::task_status IS NULL OR t.status = $3))
       AND ($8::text IS NULL OR b.scope ILIKE $8 OR b.metadata::text ILIKE $8 OR EXISTS (
         SELECT FROM task_definition d JOIN task t ON t.id = d.id
         WHERE d.batch_id = b.id AND (d.name ILIKE $8 OR t.kind ILIKE $8)))
     ORDER BY b.created_at DESC, b.id DESC
     LIMIT $9 OFFSET $10
   )
   SELECT p.id AS batch_id, s.total_tasks, s.first_created_at, s.latest_updated_at, s.counts, s.kinds, p.scope, p.metadata
   FROM page p CROSS JOIN LATERAL (
     SELECT sum(g.tasks)::int AS total_tasks, min(g.created_at) AS first_created_at,
            max(g.updated_at) AS latest_updated_at,
            (SELECT json_object_agg(c.status, c.tasks) FROM (
               SELECT t.status, count(*)::int AS tasks FROM task_definition d JOIN task t ON t.id = d.id
               WHERE d.batch_id = p.id GROUP BY t.status) c) AS counts,
            array_agg(DISTINCT g.kind ORDER BY g.kind) AS kinds
     FROM (
       SELECT t.kind, count(*) AS tasks, min(t.created_at) AS created_at, max(t.last_updated) AS updated_at
       FROM task_definition d JOIN task t ON t.id = d.id
       WHERE d.batch_id = p.id GROUP BY t.kind) g
   ) s
   ORDER BY p.created_at DESC, p.id DESC`,
);
