import type { BatchSummary } from '../api/types';
import { PageLink } from '../parts/link';
import { countOf, StatusBar } from '../parts/status';
import { Age } from '../parts/time';
import { titleOf } from './titles';

const MAX_KINDS = 4;

export function BatchTable({ batches }: { batches: readonly BatchSummary[] }) {
  return (
    <table className="rows batches">
      <caption className="hidden">Batches, newest first</caption>
      <thead>
        <tr>
          <th scope="col">Batch</th>
          <th scope="col">Ended</th>
          <th scope="col">Status</th>
          <th scope="col">Kinds</th>
          <th scope="col">Created</th>
          <th scope="col">Updated</th>
        </tr>
      </thead>
      <tbody>
        {batches.map((batch) => (
          <BatchRow key={batch.batch_id} batch={batch} />
        ))}
      </tbody>
    </table>
  );
}

function BatchRow({ batch }: { batch: BatchSummary }) {
  const { batch_id, total_tasks, status_counts, kinds, scope } = batch;
  const ended = (['Success', 'Failure', 'Canceled'] as const).reduce((sum, s) => sum + countOf(status_counts, s), 0);
  const more = kinds.length - MAX_KINDS;
  return (
    <tr>
      <th scope="row">
        <PageLink to={{ batch: batch_id }}>{scope ?? titleOf(batch) ?? batch_id}</PageLink>
        {(scope ?? titleOf(batch)) && <span className="id">{batch_id}</span>}
      </th>
      <td data-label="Ended" className="number">
        {ended} of {total_tasks}
      </td>
      <td data-label="Status" className="bar-cell">
        <StatusBar counts={status_counts} />
      </td>
      <td data-label="Kinds">
        {kinds.slice(0, MAX_KINDS).join(', ')}
        {more > 0 && <span className="quiet"> and {more} more</span>}
      </td>
      <td data-label="Created">
        <Age of={batch.first_created_at} />
      </td>
      <td data-label="Updated">
        <Age of={batch.latest_updated_at} />
      </td>
    </tr>
  );
}
