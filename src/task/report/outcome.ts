import { Conflict, NotFound, taskNotFound } from '../../domain/errors';
import type { TaskStatus } from '../../domain/task-status';

/** The attempt that a task is at, and its status. */
export interface CurrentAttempt {
  status: TaskStatus;
  attempt: number;
}

/** Not applied: the task does not exist, its status accepts no reports, or another attempt is the current one. */
export type ReportOutcome = { applied: true } | { applied: false; current?: CurrentAttempt };

/** Returns a key that is equal for the same attempt at the same task. */
export const attemptKey = ({ id, attempt }: { id: string; attempt: number }): string =>
  attempt === 1 ? id : `${id} ${attempt}`;

/** Returns the error for a report or increment that was not applied. */
export function refusalOf(id: string, attempt: number, current?: CurrentAttempt): Error {
  if (!current) return taskNotFound(id);
  if (current.attempt !== attempt) return notCurrent(attempt, current);
  return new NotFound(`The task accepts no reports: it is ${current.status}`, [], { current_status: current.status });
}

/** Returns the error for a request about an attempt that is over, or has not begun. */
export const notCurrent = (attempt: number, { attempt: current_attempt, status: current_status }: CurrentAttempt) =>
  new Conflict(`Attempt ${attempt} is not the current one, which is attempt ${current_attempt}`, {
    current_attempt,
    current_status,
  });
