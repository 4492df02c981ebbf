import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { usePage } from '../state/router';
import { ErrorNotice, Loading } from './notice';
import { Pager } from './pager';

interface ListingProps<Row> {
  /** For example `batches`. */
  what: string;
  list: UseQueryResult<Row[]>;
  /** Rows of a full page. */
  pageSize: number;
  /** Shown if the page has no row. */
  empty: ReactNode;
  children: (rows: Row[]) => ReactNode;
}

/** Shows one page of a list of the service: its rows, or that they are loading, absent or refused. */
export function Listing<Row>({ what, list, pageSize, empty, children }: ListingProps<Row>) {
  const { data, error, isPlaceholderData, refetch } = list;
  const page = usePage();
  return (
    <>
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading what={what} />}
      {data && (
        <div aria-busy={isPlaceholderData} className={isPlaceholderData ? 'stale' : undefined}>
          {data.length > 0 ? children(data) : empty}
          <Pager page={page} hasNext={data.length === pageSize} />
        </div>
      )}
    </>
  );
}
