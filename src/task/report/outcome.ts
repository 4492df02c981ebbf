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

/** Why a report or increment was not applied. */
export interface Refusal {
  status: 404 | 409;
  error: string;
  current_status?: TaskStatus;
  current_attempt?: number;
}

/** Returns why a report or increment was not applied. */
export function refusalOf({ id, attempt }: { id: string; attempt: number }, current?: CurrentAttempt): Refusal {
  if (!current) return { status: 404, error: taskNotFound(id).message };
  const { attempt: current_attempt, status: current_status } = current;
  if (current_attempt !== attempt)
    return { status: 409, error: notCurrentSentence(attempt, current_attempt), current_attempt, current_status };
  return { status: 404, error: `The task accepts no reports: it is ${current_status}`, current_status };
}

/** Returns the error that answers a report or increment that was not applied. */
export function refused({ id, attempt }: { id: string; attempt: number }, current?: CurrentAttempt): Error {
  const { status, error, ...members } = refusalOf({ id, attempt }, current);
  return status === 404 ? new NotFound(error, [], members) : new Conflict(error, members);
}

/** Returns the error for a request about an attempt that is over, or has not begun. */
export const notCurrent = (attempt: number, { attempt: current_attempt, status: current_status }: CurrentAttempt) =>
  new Conflict(notCurrentSentence(attempt, current_attempt), { current_attempt, current_status });

const notCurrentSentence = (attempt: number, current: number): string =>
  `Attempt ${attempt} is not the current one, which is attempt ${current}`;
