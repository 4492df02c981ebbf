import type { BatchSummary, StatusCounts, TaskStatus } from '../api/types';
import { countOf, StatusSign } from '../parts/status';

/** Of a batch that goes on, the first of these statuses that occurs says how. */
const OPEN = ['Running', 'Claimed', 'Pending', 'Paused', 'Waiting'] as const satisfies readonly TaskStatus[];

/** Shows how a batch ended, or how it goes on: what did not succeed comes first. */
export function Outcome({ batch: { status_counts, total_tasks } }: { batch: BatchSummary }) {
  return (
    <ul className="outcome">
      {partsOf(status_counts, total_tasks).map(({ status, words }) => (
        <li key={status} className="badge">
          <StatusSign status={status} />
          {words}
        </li>
      ))}
    </ul>
  );
}

function partsOf(counts: StatusCounts, total: number): { status: TaskStatus; words: string }[] {
  const failed = countOf(counts, 'Failure');
  const canceled = countOf(counts, 'Canceled');
  const ended = failed + canceled + countOf(counts, 'Success');
  const open = OPEN.find((status) => countOf(counts, status) > 0);
  const parts: { status: TaskStatus; words: string }[] = [];
  if (failed > 0) parts.push({ status: 'Failure', words: `${failed} failed` });
  if (canceled > 0) parts.push({ status: 'Canceled', words: `${canceled} canceled` });
  if (open) parts.push({ status: open, words: `${open}, ${ended} of ${total} ended` });
  return parts.length > 0 ? parts : [{ status: 'Success', words: 'Succeeded' }];
}
