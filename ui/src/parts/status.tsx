import { STATUSES, type StatusCounts, type TaskStatus, type TaskSummary } from '../api/types';
import { change, useAddress } from '../state/router';
import { exactly } from './time';

/** Each status has a sign besides its colour, for people who cannot tell colours apart. */
export const SIGNS: Record<TaskStatus, string> = {
  Waiting: '…',
  Pending: '○',
  Claimed: '◔',
  Running: '▶',
  Paused: '‖',
  Success: '✓',
  Failure: '✗',
  Canceled: '⊘',
};

export function StatusSign({ status }: { status: TaskStatus }) {
  return (
    <span className={`sign s-${status}`} aria-hidden="true">
      {SIGNS[status]}
    </span>
  );
}

export function StatusBadge({ status }: { status: TaskStatus }) {
  return (
    <span className="badge">
      <StatusSign status={status} />
      {status}
    </span>
  );
}

/** Returns the status of a task, with its attempt and the time that it waits for, if there are any. */
export function statusInWords({ status, attempt, run_at }: TaskSummary): string {
  const which = attempt > 1 ? `, attempt ${attempt}` : '';
  const when = status === 'Pending' && run_at !== null ? `, not before ${exactly(run_at)}` : '';
  return status + which + when;
}

export const countOf = (counts: StatusCounts, status: TaskStatus): number => counts[status.toLowerCase()] ?? 0;

export function countTasks(tasks: Iterable<{ status: TaskStatus }>): StatusCounts {
  const counts: Record<string, number> = {};
  for (const { status } of tasks) {
    const key = status.toLowerCase();
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** Order in a bar: ended tasks on the left, tasks that have not begun on the right. */
const BAR_ORDER: readonly TaskStatus[] = [
  'Success',
  'Failure',
  'Canceled',
  'Running',
  'Claimed',
  'Paused',
  'Pending',
  'Waiting',
];

const describeCounts = (counts: StatusCounts): string =>
  BAR_ORDER.filter((status) => countOf(counts, status) > 0)
    .map((status) => `${countOf(counts, status)} ${status}`)
    .join(', ');

/** Shows the number of tasks by status as a bar; the numbers are its label and tooltip. */
export function StatusBar({ counts }: { counts: StatusCounts }) {
  const words = describeCounts(counts);
  return (
    <div className="bar" role="img" aria-label={words} title={words}>
      {BAR_ORDER.filter((status) => countOf(counts, status) > 0).map((status) => (
        <span key={status} className={`bar-part s-${status}`} style={{ flexGrow: countOf(counts, status) }} />
      ))}
    </div>
  );
}

/** Lists each status that occurs with its sign and number of tasks. A status is also a filter. */
export function StatusLegend({ counts }: { counts: StatusCounts }) {
  const { status: chosen } = useAddress();
  const shown = STATUSES.filter((status) => countOf(counts, status) > 0 || status === chosen);
  return (
    <ul className="legend" aria-label="Tasks by status">
      {shown.map((status) => (
        <li key={status}>
          <button
            type="button"
            aria-pressed={status === chosen}
            title={status === chosen ? 'Show all tasks' : `Show ${status} only`}
            onClick={() => change({ status: status === chosen ? undefined : status, page: undefined })}
          >
            <StatusSign status={status} /> {countOf(counts, status)} {status}
          </button>
        </li>
      ))}
    </ul>
  );
}
