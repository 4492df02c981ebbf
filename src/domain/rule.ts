import { isObject } from './json';
import { TASK_STATUSES, type TaskStatus } from './task-status';

/** Which tasks a rule counts. */
export interface Matcher {
  kind: string;
  /** `Running` includes `Claimed` tasks and those paused while running. */
  status: TaskStatus;
  /** Metadata fields whose values must be those of the candidate. */
  fields: string[];
}

/** A rule in the spelling in which a client sent it; the older one of the type and of the limit lacks an `r`. */
export type Rule =
  | { type: 'Concurrency' | 'Concurency'; max_concurrency?: number; max_concurency?: number; matcher: Matcher }
  | { type: 'Capacity'; max_capacity: number; matcher: Matcher };

/** A rule, whatever its spelling. */
export interface Limit {
  type: 'Concurrency' | 'Capacity';
  /** Tasks, or items of work left, that may be under way before another is started. */
  max: number;
  matcher: Matcher;
}

export function limitOf(rule: Rule): Limit {
  const { matcher } = rule;
  if (rule.type === 'Capacity') return { type: 'Capacity', max: rule.max_capacity, matcher };
  return { type: 'Concurrency', max: (rule.max_concurrency ?? rule.max_concurency)!, matcher };
}

/** Whether a stored rule can be decided on. One that no request can have written must not keep other tasks from starting. */
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
