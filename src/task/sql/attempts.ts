import { statement } from '../../database/statement';
import type { TaskStatus } from '../../domain/task-status';

export interface AttemptRow {
  attempt: number;
  status: TaskStatus;
  started_at: Date | null;
  ended_at: Date | null;
  failure_reason: string | null;
  success: number;
  failures: number;
}

/** Returns the attempts at a task, newest first; no row if the task does not exist. */
export const attemptsOf = statement<[id: string], AttemptRow>(
  'task-attempts',
  `SELECT attempt, status, started_at, ended_at, failure_reason, success, failures FROM task WHERE id = $1
   UNION ALL
   SELECT attempt, status, started_at, ended_at, failure_reason, success, failures FROM task_attempt
   WHERE task_id = $1 AND EXISTS (SELECT FROM task WHERE id = $1)
   ORDER BY attempt DESC`,
);

/** Returns the current attempt and status of tasks. */
export const currentAttempts = statement<[ids: string[]], { id: string; attempt: number; status: TaskStatus }>(
  'task-current-attempts',
  'SELECT id, attempt, status FROM task WHERE id = ANY ($1::uuid[])',
);
