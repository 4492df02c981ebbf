import type { TaskSummary } from '../api/types';

/** Shows the items processed so far, and the expected number if it is known. */
export function TaskProgress({ task: { success, failures, expected_count } }: { task: TaskSummary }) {
  const counted = success + failures;
  if (expected_count === null && counted === 0) return <span className="quiet">–</span>;
  const words = expected_count === null ? String(counted) : `${counted} of ${expected_count}`;
  return (
    <span className="progress">
      {expected_count !== null && expected_count > 0 && (
        <progress value={Math.min(counted, expected_count)} max={expected_count} aria-hidden="true" />
      )}
      {words}
      {failures > 0 && `, ${failures} failed`}
    </span>
  );
}
