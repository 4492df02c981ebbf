import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { ListPage } from '../api/client';
import { usePage } from '../state/router';
import { ErrorNotice, Loading } from './notice';
import { Pager } from './pager';

interface ListingProps<Row> {
  /** For example `batches`. */
  what: string;
  list: UseQueryResult<ListPage<Row>>;
  /** Shown if the page has no row. */
  empty: ReactNode;
  /** Shows the rows; it also gets none, so that a dialog outlasts the rows it is about. */
  children: (rows: Row[]) => ReactNode;
}

/** Shows one page of a list of the service: its rows, or that they are loading, absent or refused. */
export function Listing<Row>({ what, list, empty, children }: ListingProps<Row>) {
  const { data, error, isPlaceholderData, refetch } = list;
  const page = usePage();
  return (
    <>
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading what={what} />}
      {data && (
        <div aria-busy={isPlaceholderData} className={isPlaceholderData ? 'stale' : undefined}>
          {children(data.rows)}
          {data.rows.length === 0 && empty}
          <Pager page={page} hasNext={data.hasNext} />
        </div>
      )}
    </>
  );
}
