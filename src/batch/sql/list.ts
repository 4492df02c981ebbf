import type { TaskStatus } from '../../domain/task-status';
import { Filter } from '../../database/filter';
import { type Statement, statement } from '../../database/statement';
import { timeOf } from '../../http/is-time';
import { containing } from '../../database/contains';

export interface BatchSummaryRow {
  batch_id: string;
  total_tasks: number;
  first_created_at: Date;
  latest_updated_at: Date;
  /** Statuses without tasks are missing. */
  counts: Partial<Record<TaskStatus, number>>;
  kinds: string[];
  scope: string | null;
  metadata: unknown;
  stopped_at?: Date | null;
  exhausted_deliveries?: number;
}

/** Exhausted deliveries are counted up to this number. */
export const MAX_COUNTED = 1000;

/** What can be added to the summaries, by the name of the field. */
const EXTRAS = {
  stopped_at: 'p.stopped_at',
  exhausted_deliveries: `(SELECT count(*)::int FROM (
     SELECT FROM delivery v WHERE v.batch_id = p.id AND v.status = 'exhausted' LIMIT ${MAX_COUNTED}) e)`,
};

export type ExtraBatchField = keyof typeof EXTRAS;
export const EXTRA_BATCH_FIELDS = Object.keys(EXTRAS) as ExtraBatchField[];

const ORDERS = { '-created_at': 'DESC', created_at: 'ASC' };

export type BatchSort = keyof typeof ORDERS;

/** Orders of the list, both of which an index serves. */
export const BATCH_SORTS = Object.keys(ORDERS) as BatchSort[];

export interface BatchFilter {
  kind?: string;
  name?: string;
  status?: readonly TaskStatus[];
  created_after?: string;
  created_before?: string;
  scope?: string;
  metadata?: string;
  search?: string;
  sort?: BatchSort;
  fields?: readonly ExtraBatchField[];
}

/**
 * Whether a batch has a task with a property. LIMIT 1 makes the planner test batch by batch, in the order of the list, until the page
 * is full, instead of joining all of them.
 */
const having = (task: string) => `EXISTS (
    SELECT FROM task_definition d JOIN task t ON t.id = d.id WHERE d.batch_id = b.id AND ${task} LIMIT 1)`;

/**
 * Builds the query for one page of batches. It finds the page first, and counts only the tasks of its
 * batches. Filters about tasks must all match one task; batches without tasks are left out.
 */
export function listBatches(
  filter: BatchFilter,
  limit: number,
  offset: number,
): [Statement<unknown[], BatchSummaryRow>, unknown[]] {
  const { kind, name, status, created_after, created_before, scope, metadata, search } = filter;
  const { sort = '-created_at', fields = [] } = filter;
  const order = ORDERS[sort];
  const extras = EXTRA_BATCH_FIELDS.filter((field) => fields.includes(field));
  const where = new Filter()
    .add('after', 'b.created_at >= ?', created_after && timeOf(created_after))
    // Inclusive to clients, who see milliseconds.
    .add('before', `b.created_at < ?::timestamptz + interval '1 millisecond'`, created_before && timeOf(created_before))
    .add('scope', 'b.scope = ?', scope)
    .add('metadata', 'b.metadata @> ?', metadata);
  const tasks = new Filter(where)
    .add('kind', 't.kind ILIKE ?', kind && containing(kind))
    .add('name', 'd.name ILIKE ?', name && containing(name))
    .add('status', 't.status = ANY (?)', status);
  const found = new Filter(tasks);
  if (search) {
    // JSON escapes quotes and backslashes.
    const written = found.bind(containing(JSON.stringify(search).slice(1, -1)));
    found.add(
      'search',
      `(b.scope ILIKE ? OR b.metadata::text ILIKE ? OR b.metadata::text ILIKE ${written}
        OR ${having('(d.name ILIKE ? OR t.kind ILIKE ?)')})`,
      containing(search),
    );
  }
  const anyTask = 'EXISTS (SELECT FROM task_definition d WHERE d.batch_id = b.id LIMIT 1)';
  const text = `WITH page AS MATERIALIZED (
     SELECT b.id, b.created_at, b.scope, b.metadata, b.stopped_at FROM batch b
     WHERE ${where.where}
       AND ${tasks.isEmpty ? anyTask : having(tasks.where)}
       AND ${found.where}
     ORDER BY b.created_at ${order}, b.id ${order}
     LIMIT ${found.bind(limit)} OFFSET ${found.bind(offset)}
   )
   SELECT p.id AS batch_id, s.total_tasks, s.first_created_at, s.latest_updated_at, s.counts, s.kinds, p.scope, p.metadata
          ${extras.map((field) => `, ${EXTRAS[field]} AS ${field}`).join('')}
   FROM page p CROSS JOIN LATERAL (
     WITH grouped AS (
       SELECT t.kind, t.status, count(*) AS tasks, min(t.created_at) AS created_at, max(t.last_updated) AS updated_at
       FROM task_definition d JOIN task t ON t.id = d.id
       WHERE d.batch_id = p.id GROUP BY t.kind, t.status
     )
     SELECT sum(g.tasks)::int AS total_tasks, min(g.created_at) AS first_created_at,
            max(g.updated_at) AS latest_updated_at,
            (SELECT json_object_agg(c.status, c.tasks) FROM (
               SELECT status, sum(tasks)::int AS tasks FROM grouped GROUP BY status) c) AS counts,
            array_agg(DISTINCT g.kind ORDER BY g.kind) AS kinds
     FROM grouped g
   ) s
   ORDER BY p.created_at ${order}, p.id ${order}`;
  return [
    statement<unknown[], BatchSummaryRow>(
      [`batch-list${sort === '-created_at' ? '' : '-oldest'}${found.suffix}`, ...extras].join('-'),
      text,
    ),
    found.values,
  ];
}
