import { STATUSES, type Status, type StatusCounts } from '../api/types';

/** Each state has a sign besides its colour, so that nobody needs to tell colours apart. */
export const SIGNS: Record<Status, string> = {
  Waiting: '…',
  Pending: '○',
  Claimed: '◔',
  Running: '▶',
  Paused: '‖',
  Success: '✓',
  Failure: '✗',
  Canceled: '⊘',
};

export function StatusSign({ status }: { status: Status }) {
  return (
    <span className={`sign s-${status}`} aria-hidden="true">
      {SIGNS[status]}
    </span>
  );
}

export function StatusBadge({ status }: { status: Status }) {
  return (
    <span className="badge">
      <StatusSign status={status} />
      {status}
    </span>
  );
}

export const countOf = (counts: StatusCounts, status: Status): number => counts[status.toLowerCase()] ?? 0;

export function countTasks(tasks: Iterable<{ status: Status }>): StatusCounts {
  const counts: StatusCounts = {};
  for (const { status } of tasks) {
    const key = status.toLowerCase();
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** The order of a bar: what has ended from the left, what has not begun on the right. */
const BAR_ORDER: readonly Status[] = [
  'Success',
  'Failure',
  'Canceled',
  'Running',
  'Claimed',
  'Paused',
  'Pending',
  'Waiting',
];

export const describeCounts = (counts: StatusCounts): string =>
  BAR_ORDER.filter((status) => countOf(counts, status) > 0)
    .map((status) => `${countOf(counts, status)} ${status}`)
    .join(', ');

/** How many are in which state, as a bar; the numbers are read out and shown on hovering. */
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

/** The states that occur, each with its sign and number: the bar in words. */
export function StatusLegend({ counts }: { counts: StatusCounts }) {
  return (
    <ul className="legend" aria-label="Tasks in each state">
      {STATUSES.filter((status) => countOf(counts, status) > 0).map((status) => (
        <li key={status}>
          <StatusSign status={status} /> {countOf(counts, status)} {status}
        </li>
      ))}
    </ul>
  );
}
