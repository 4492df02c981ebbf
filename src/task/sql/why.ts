import type { Rule } from '../../domain/rule';
import type { TaskStatus } from '../../domain/task-status';
import { statement } from '../../database/statement';
import { remainingOf } from '../../rules/sql/values';
import { awaitsCancel } from './delay';

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
  attempt: number;
  /** Attempts that its retry policy allows; null without one. */
  max_attempts: number | null;
  run_at: Date | null;
  delay_secs: number | null;
  delayed: boolean;
  /** Whether `run_at` is in the future. */
  is_early: boolean;
  /** Whether the cancel call of the attempt before must be made first. */
  awaits_cancel: boolean;
  metadata: unknown;
  rules: Rule[] | null;
  remaining: number | null;
}

/** Reads the columns that the explanation of one task needs. */
export const whyTask = statement<[id: string], WhyRow>(
  'why-task',
  `SELECT t.id, t.kind, t.status, t.paused_from, t.claimed_at, t.started_at, t.ended_at, t.last_updated,
          t.failure_reason, t.attempt, (d.retry ->> 'max_attempts')::int AS max_attempts, t.run_at, t.delay_secs, t.delayed,
          (t.run_at > now()) IS TRUE AS is_early, ${awaitsCancel('t')} AS awaits_cancel, d.metadata, d.rules,
          ${remainingOf('t')} AS remaining
   FROM task t JOIN task_definition d ON d.id = t.id
   WHERE t.id = $1`,
);

export interface OpenParentRow {
  id: string;
  name: string;
  status: TaskStatus;
  /** The number of all open parents, beyond the limit too. */
  all: number;
}

/** Returns the parents that have not ended, oldest first. */
export const openParents = statement<[id: string, limit: number], OpenParentRow>(
  'why-open-parents',
  `SELECT p.id, d.name, p.status, (count(*) OVER ())::int AS all
   FROM link l JOIN task p ON p.id = l.parent_id JOIN task_definition d ON d.id = p.id
   WHERE l.child_id = $1 AND p.ended_at IS NULL
   ORDER BY p.id
   LIMIT $2`,
);

/** Returns the position of a task in the queue, from 1; no row when it is not among the first `$2`. */
export const positionInQueue = statement<[id: string, first: number], { position: number }>(
  'why-position-in-queue',
  `SELECT position::int FROM (
     SELECT id, row_number() OVER (ORDER BY priority DESC, created_at, id) AS position
     FROM task WHERE status = 'Pending' AND blocked_by IS NULL AND NOT delayed
     ORDER BY priority DESC, created_at, id
     LIMIT $2
   ) AS queue WHERE id = $1`,
);
