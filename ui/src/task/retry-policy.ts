import type { Task } from '../api/types';
import { secondsOf } from '../parts/time';

/** The policy of a task has all defaults filled in. */
type Policy = Required<NonNullable<Task['retry']>>;

const FAILURES: Record<Policy['on'][number], string> = {
  start: 'a refused start',
  timeout: 'a timeout',
  failure: 'a failure',
};
const GROWTH: Record<number, string> = { 2: 'doubling', 3: 'tripling' };
const list = new Intl.ListFormat('en-GB', { type: 'disjunction' });

/** Describes a retry policy: how many attempts, after what, and with which pauses. */
export function describePolicy(retry: NonNullable<Task['retry']>): string {
  const policy = retry as Policy;
  if (policy.max_attempts === 1) return '1 attempt; not retried';
  const failures = list.format(policy.on.map((failure) => FAILURES[failure]));
  return `${policy.max_attempts} attempts; retried after ${failures}; ${pausesOf(policy)}`;
}

function pausesOf({ max_attempts, delay_secs, factor, max_delay_secs, jitter }: Policy): string {
  const first = Math.min(delay_secs, max_delay_secs);
  if (first === 0) return 'no pause';
  const isGrowing = max_attempts > 2 && factor > 1 && first < max_delay_secs;
  const growth = GROWTH[factor] ?? `growing ${factor}-fold`;
  const words = [`pause ${secondsOf(first)}`];
  if (isGrowing) words.push(growth, `at most ${secondsOf(max_delay_secs)}`);
  if (jitter > 0) words.push(`up to ${Math.round(jitter * 100)} % shorter at random`);
  return words.join(', ');
}
