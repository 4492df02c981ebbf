import { isObject } from './json';
import { TASK_STATUSES, type TaskStatus } from './task-status';

/** Selects the tasks that a rule counts, or that a new task may duplicate. */
export interface Matcher {
  kind: string;
  /** `Running` includes `Claimed` tasks and those paused while running. */
  status: TaskStatus;
  /** Metadata fields whose values must equal those of the new task. */
  fields: string[];
}

/** A rule as the client spelled it; in the older spelling, the type and the limit lack an `r`. */
export type Rule =
  | { type: 'Concurrency' | 'Concurency'; max_concurrency?: number; max_concurency?: number; matcher: Matcher }
  | { type: 'Capacity'; max_capacity: number; matcher: Matcher };

/** A rule in its normal form. */
export interface Limit {
  type: 'Concurrency' | 'Capacity';
  /** Matching tasks, or items of work left in them, from which on no further task is admitted. */
  max: number;
  matcher: Matcher;
}

export function limitOf(rule: Rule): Limit {
  const { matcher } = rule;
  if (rule.type === 'Capacity') return { type: 'Capacity', max: rule.max_capacity, matcher };
  return { type: 'Concurrency', max: (rule.max_concurrency ?? rule.max_concurency)!, matcher };
}

/** Returns whether a stored rule is valid. An invalid one, which no request can have written, must block its own task only. */
export function isReadable(rule: unknown): boolean {
  if (!isObject(rule) || !isObject(rule.matcher)) return false;
  const { kind, status, fields } = rule.matcher;
  return (
    typeof kind === 'string' &&
    (TASK_STATUSES as readonly unknown[]).includes(status) &&
    Array.isArray(fields) &&
    Number.isInteger(limitOf(rule as unknown as Rule).max)
  );
}
