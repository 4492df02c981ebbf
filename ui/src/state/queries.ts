import { keepPreviousData, QueryClient, useQuery } from '@tanstack/react-query';
import { get, getPage, type ListPage, Refusal } from '../api/client';

/** Interval of polls. */
export const POLL_MS = 3000;
/** Interval of polls for what seldom changes, or what events tell already. */
export const SLOW_POLL_MS = 20_000;
/** An answer that nothing shows is kept for this long, so that a view that is shown again is there at once. */
const KEPT_MS = 30_000;
const RETRIES = 2;

const isTransient = (error: unknown): boolean =>
  !(error instanceof Refusal) || error.status === 0 || error.status >= 500;

/** The answers of the service. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // The service may run on this machine, which needs no network.
      networkMode: 'always',
      gcTime: KEPT_MS,
      retry: (count, error) => count < RETRIES && isTransient(error),
      placeholderData: keepPreviousData,
    },
    mutations: { networkMode: 'always' },
  },
});

interface GetOptions<T> {
  /** Interval at which the request is repeated; false: only after actions. */
  everyMs?: number | false;
  /** A change repeats the request at once; the earlier answer stays meanwhile. */
  version?: string;
  select?: (answer: T) => T;
}

/**
 * Returns the answer to a GET request.
 * @param path null: no request.
 */
export const useGet = <T>(path: string | null, options?: GetOptions<T>) => useAnswer<T>(path, get, options);

/** Returns the answer to a GET request for one page of a list. */
export const useList = <Row>(path: string, options?: GetOptions<ListPage<Row>>) =>
  useAnswer<ListPage<Row>>(path, getPage, options);

type Request<T> = (path: string, signal: AbortSignal) => Promise<T>;

const useAnswer = <T>(
  path: string | null,
  request: Request<T>,
  { everyMs = POLL_MS, version, select }: GetOptions<T> = {},
) =>
  useQuery<T>({
    queryKey: [path, version],
    queryFn: ({ signal }) => request(path!, signal),
    enabled: path !== null,
    refetchInterval: everyMs,
    // A poll that fails is repeated by the next one.
    ...(everyMs !== false && { retry: false }),
    select,
  });
