import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { isUnknown } from '../api/client';
import { EmptyNotice, ErrorNotice, Loading } from './notice';

interface DetailProps<T> {
  /** For example `the schedule`. */
  what: string;
  query: UseQueryResult<T>;
  /** Says that it does not exist. */
  absent: string;
  /** Leads to those that do. */
  others: ReactNode;
  children: (data: T) => ReactNode;
}

/** Shows one thing of the service, or that it is loading, absent or refused. */
export function Detail<T>({ what, query: { data, error, refetch }, absent, others, children }: DetailProps<T>) {
  const isAbsent = isUnknown(error);
  return (
    <>
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {isAbsent && <EmptyNotice title={absent}>{others}</EmptyNotice>}
      {!data && !error && <Loading what={what} />}
      {data && !isAbsent && children(data)}
    </>
  );
}
