import type { Rule } from '../../domain/rule';
import type { TaskStatus } from '../../domain/task-status';
import { statement } from '../../database/statement';

export interface WhyRow {
  id: string;
  kind: string;
  status: TaskStatus;
  paused_from: TaskStatus | null;
  claimed_at: Date | null;
  started_at: Date | null;
  ended_at: Date | null;
  last_updated: Date;
  failure_reason: string | null;
  metadata: unknown;
  rules: Rule[] | null;
  remaining: number | null;
}

/** What there is to say about one task. */
export const whyTask = statement<[id: string], WhyRow>(
  'why-task',
  `SELECT t.id, t.kind, t.status, t.paused_from, t.claimed_at, t.started_at, t.ended_at, t.last_updated,
          t.failure_reason, d.metadata, d.rules,
          CASE WHEN t.expected_count IS NOT NULL
            THEN GREATEST(t.expected_count::float8 - t.success - t.failures, 0) END AS remaining
   FROM task t JOIN task_definition d ON d.id = t.id
   WHERE t.id = $1`,
);

export interface OpenParentRow {
  id: string;
  name: string;
  status: TaskStatus;
  /** How many there are, also of those that are not among the rows. */
  all: number;
}

/** Parents that have not ended, the oldest first. */
export const openParents = statement<[id: string, limit: number], OpenParentRow>(
  'why-open-parents',
  `SELECT p.id, d.name, p.status, (count(*) OVER ())::int AS all
   FROM link l JOIN task p ON p.id = l.parent_id JOIN task_definition d ON d.id = p.id
   WHERE l.child_id = $1 AND p.ended_at IS NULL
   ORDER BY p.id
   LIMIT $2`,
);

/** The place of a task among those that may start, from 1; no row when it is not among the first so many. */
export const placeInQueue = statement<[id: string, first: number], { place: number }>(
  'why-place-in-queue',
  `SELECT place::int FROM (
     SELECT id, row_number() OVER (ORDER BY priority DESC, created_at, id) AS place
     FROM task WHERE status = 'Pending' AND blocked_by IS NULL
     ORDER BY priority DESC, created_at, id
     LIMIT $2
   ) AS queue WHERE id = $1`,
);
