import { useEffect } from 'react';
import { under } from '../api/base';
import { withQuery } from '../api/client';
import { BATCH_FIELDS } from '../api/types';
import { Listing } from '../parts/listing';
import { EmptyNotice } from '../parts/notice';
import { useTimeRange } from '../parts/time-filter';
import { useAddress, usePage } from '../state/router';
import { useBatches } from '../state/use-batches';
import { BatchFilters, FILTERS } from './batch-filters';
import { BatchTable } from './batch-table';

const PAGE_SIZE = 25;

export function BatchesPage() {
  const address = useAddress();
  const page = usePage();
  const filter = Object.fromEntries(FILTERS.map((name) => [name, address[name]]));
  const { after, before } = useTimeRange();
  const isFiltered = after !== undefined || before !== undefined || FILTERS.some((name) => address[name]);
  const range = { created_after: after, created_before: before };
  const list = useBatches(withQuery('/batches', { ...filter, ...range, page, page_size: PAGE_SIZE, ...BATCH_FIELDS }));
  useEffect(() => void (document.title = 'Batches – Hookline'), []);

  return (
    <main>
      <h1>Batches</h1>
      <BatchFilters />
      <Listing what="batches" list={list} empty={<NoBatches isFiltered={isFiltered} page={page} />}>
        {(batches) => <BatchTable batches={batches} />}
      </Listing>
    </main>
  );
}

function NoBatches({ isFiltered, page }: { isFiltered: boolean; page: number }) {
  if (page > 0) return <EmptyNotice title="No more batches" />;
  if (isFiltered) return <EmptyNotice title="No batches match these filters" />;
  return (
    <EmptyNotice title="No batches yet">
      <p>
        Create one with <code>POST /task</code>, for example in the <a href={under('/swagger-ui/')}>API explorer</a>. It
        will appear here.
      </p>
    </EmptyNotice>
  );
}
