/** The statuses of a task and the transitions between them (docs/spec.md section 1), as data: guards and docs derive from it. */

import type { RetryOn } from './retry';

export const TASK_STATUSES = [
  'Waiting',
  'Pending',
  'Claimed',
  'Running',
  'Paused',
  'Success',
  'Failure',
  'Canceled',
] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

export const TERMINAL_STATUSES = ['Success', 'Failure', 'Canceled'] as const satisfies readonly TaskStatus[];
export type TerminalStatus = (typeof TERMINAL_STATUSES)[number];

export const isTerminal = (status: TaskStatus): status is TerminalStatus =>
  (TERMINAL_STATUSES as readonly TaskStatus[]).includes(status);

const UNFINISHED: readonly TaskStatus[] = ['Waiting', 'Pending', 'Claimed', 'Running', 'Paused'];

export interface Transition {
  /** What happens to the task. */
  event: string;
  /** Statuses in which it may happen; tasks in others are left unchanged. */
  from: readonly TaskStatus[];
  /** The status afterwards. */
  to: TaskStatus;
  /**
   * Whether the event applies to tasks that were paused from such a status. Unless it ends the task, the task stays
   * `Paused`, and resumes as `to`.
   */
  alsoWhilePaused: boolean;
}

const define = <E extends string>(transitions: Record<E, Omit<Transition, 'event'>>) =>
  transitions as Readonly<Record<E, Omit<Transition, 'event'>>>;

export const TRANSITIONS = define({
  released: { from: ['Waiting'], to: 'Pending', alsoWhilePaused: true },
  claimed: { from: ['Pending'], to: 'Claimed', alsoWhilePaused: false },
  accepted: { from: ['Claimed'], to: 'Running', alsoWhilePaused: true },
  refused: { from: ['Claimed'], to: 'Failure', alsoWhilePaused: true },
  requeued: { from: ['Claimed'], to: 'Pending', alsoWhilePaused: true },
  succeeded: { from: ['Claimed', 'Running'], to: 'Success', alsoWhilePaused: true },
  failed: { from: ['Claimed', 'Running'], to: 'Failure', alsoWhilePaused: true },
  retried: { from: ['Claimed', 'Running'], to: 'Pending', alsoWhilePaused: true },
  'timed out': { from: ['Running'], to: 'Failure', alsoWhilePaused: false },
  'parent failed': { from: ['Waiting'], to: 'Failure', alsoWhilePaused: true },
  paused: { from: ['Waiting', 'Pending', 'Claimed', 'Running'], to: 'Paused', alsoWhilePaused: false },
  canceled: { from: UNFINISHED, to: 'Canceled', alsoWhilePaused: true },
  'dead end': { from: UNFINISHED, to: 'Canceled', alsoWhilePaused: true },
  rerun: { from: TERMINAL_STATUSES, to: 'Pending', alsoWhilePaused: false },
  'rerun with open parents': { from: TERMINAL_STATUSES, to: 'Waiting', alsoWhilePaused: false },
  'parent rerun': { from: ['Pending'], to: 'Waiting', alsoWhilePaused: true },
});

/** An event that makes a task terminal. */
export type Ending = 'refused' | 'succeeded' | 'failed' | 'timed out' | 'parent failed' | 'canceled' | 'dead end';

/** The endings of an attempt that a retry policy may turn into another attempt, by its name for them. */
export const RETRIED_ENDINGS = { start: 'refused', timeout: 'timed out', failure: 'failed' } as const satisfies Record<
  RetryOn,
  Ending
>;

/** Returns the status that an ending leads to. */
export const endOf = (ending: Ending): TerminalStatus => TRANSITIONS[ending].to as TerminalStatus;
