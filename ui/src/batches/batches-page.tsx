import { useEffect } from 'react';
import { under } from '../api/base';
import { withQuery } from '../api/client';
import { EmptyNotice, ErrorNotice, Loading } from '../parts/notice';
import { Pager } from '../parts/pager';
import { change, useQuery } from '../state/router';
import { useBatches } from '../state/use-batches';
import { BatchFilters, FILTERS } from './batch-filters';
import { BatchTable } from './batch-table';

const PAGE_SIZE = 25;

export function BatchesPage() {
  const query = useQuery();
  const page = Math.max(0, Number.parseInt(query.page ?? '0', 10) || 0);
  const filter = Object.fromEntries(FILTERS.map((name) => [name, query[name]]));
  const isFiltered = FILTERS.some((name) => query[name]);
  const { data, error, isCurrent, reload } = useBatches(
    withQuery('/batches', { ...filter, page, page_size: PAGE_SIZE }),
  );
  useEffect(() => void (document.title = 'Batches – Hookline'), []);

  return (
    <main>
      <h1>Batches</h1>
      <BatchFilters />
      {error !== undefined && <ErrorNotice error={error} onRetry={reload} />}
      {!data && error === undefined && <Loading what="batches" />}
      {data && (
        <div aria-busy={!isCurrent} className={isCurrent ? undefined : 'stale'}>
          {data.length > 0 ? <BatchTable batches={data} /> : <NoBatches isFiltered={isFiltered} page={page} />}
          <Pager
            page={page}
            hasNext={data.length === PAGE_SIZE}
            onPage={(next) => change({ page: next > 0 ? String(next) : undefined })}
          />
        </div>
      )}
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
