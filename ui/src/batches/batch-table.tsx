import type { BatchSummary } from '../api/types';
import { type Column, DataTable } from '../parts/data-table';
import { PageLink } from '../parts/link';
import { StatusBar } from '../parts/status';
import { Age } from '../parts/time';
import { Outcome } from './outcome';
import { titleOf } from './titles';

const MAX_KINDS = 4;

const COLUMNS: Column<BatchSummary>[] = [
  {
    label: 'Batch',
    cell: (batch) => {
      const title = batch.scope ?? titleOf(batch);
      return (
        <>
          <PageLink to={{ batch: batch.batch_id }}>{title ?? batch.batch_id}</PageLink>
          {title && <span className="id">{batch.batch_id}</span>}
        </>
      );
    },
  },
  { label: 'Outcome', cell: (batch) => <Outcome batch={batch} /> },
  { label: 'Tasks', className: 'bar-cell', cell: ({ status_counts }) => <StatusBar counts={status_counts} /> },
  {
    label: 'Kinds',
    className: 'wrap',
    cell: ({ kinds }) => (
      <>
        {kinds.slice(0, MAX_KINDS).join(', ')}
        {kinds.length > MAX_KINDS && <span className="quiet"> and {kinds.length - MAX_KINDS} more</span>}
      </>
    ),
  },
  { label: 'Created', cell: ({ first_created_at }) => <Age of={first_created_at} /> },
  { label: 'Updated', cell: ({ latest_updated_at }) => <Age of={latest_updated_at} /> },
];

export const BatchTable = ({ batches }: { batches: readonly BatchSummary[] }) => (
  <DataTable caption="Batches, newest first" columns={COLUMNS} rows={batches} idOf={({ batch_id }) => batch_id} />
);
