import type { TaskSummary } from '../api/types';

/** As in src/domain/consequence.ts. */
const CONSEQUENCE = /^(Parent task .{36} did not succeed|All child tasks already terminated|Batch stopped)$/;
/** What differs between reasons of one kind: ids and long numbers. */
const PARTICULARS = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{6,}/gi;

/** Returns the reason without what differs from task to task; undefined for a task without a reason. */
export const kindOfReason = ({ failure_reason }: TaskSummary): string | undefined =>
  failure_reason?.replace(PARTICULARS, '…');

/** Returns whether a task failed or was canceled for a reason of its own. */
export const isRootCause = ({ status, failure_reason }: TaskSummary): boolean =>
  (status === 'Failure' || status === 'Canceled') && !CONSEQUENCE.test(failure_reason ?? '');

/** Returns the kinds of reasons with the number of tasks, most frequent first. */
export function countReasons(tasks: readonly TaskSummary[]): [reason: string, count: number][] {
  const counts = new Map<string, number>();
  for (const reason of tasks.map(kindOfReason)) if (reason) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
}
