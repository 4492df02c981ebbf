import type { BatchSummary, TaskStatus } from '../api/types';
import { ExhaustedLink } from '../deliveries/exhausted-badge';
import { countOf, StatusSign } from '../parts/status';

/** Of a batch that goes on, the first of these statuses that occurs says how. */
const OPEN = ['Running', 'Claimed', 'Pending', 'Paused', 'Waiting'] as const satisfies readonly TaskStatus[];

/** As in src/batch/sql/list.ts. */
const MAX_COUNTED = 1000;

/** How many tasks ended or go on in some way. */
interface Part {
  status: TaskStatus;
  words: string;
}

/** Shows how a batch ended or goes on, what did not succeed first, and links to its exhausted deliveries. */
export function Outcome({ batch }: { batch: BatchSummary }) {
  const { batch_id, exhausted_deliveries = 0 } = batch;
  return (
    <ul className="outcome">
      {partsOf(batch).map(({ status, words }) => (
        <li key={status} className="badge">
          <StatusSign status={status} />
          {words}
        </li>
      ))}
      {exhausted_deliveries > 0 && (
        <li>
          <ExhaustedLink
            batchId={batch_id}
            count={exhausted_deliveries}
            hasMore={exhausted_deliveries >= MAX_COUNTED}
          />
        </li>
      )}
    </ul>
  );
}

function partsOf({ status_counts: counts, total_tasks, stopped_at }: BatchSummary): Part[] {
  const failed = countOf(counts, 'Failure');
  const canceled = countOf(counts, 'Canceled');
  const ended = failed + canceled + countOf(counts, 'Success');
  const open = OPEN.find((status) => countOf(counts, status) > 0);
  // A rerun lifts the stop, but events do not say so.
  const isStopped = stopped_at && !open;
  const parts: Part[] = [];
  if (failed > 0) parts.push({ status: 'Failure', words: `${failed} failed` });
  if (canceled > 0) parts.push({ status: 'Canceled', words: `${isStopped ? 'Stopped, ' : ''}${canceled} canceled` });
  if (open) parts.push({ status: open, words: `${open}, ${ended} of ${total_tasks} ended` });
  return parts.length > 0 ? parts : [{ status: 'Success', words: 'Succeeded' }];
}
