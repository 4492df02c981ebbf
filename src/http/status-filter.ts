import { valuesOf } from './query-list';

type Query = Record<string, unknown>;

/** Returns the query with `status` in the spelling of `values`. Other values stay, for validation to refuse. */
export function withStatusOf(values: readonly string[], query: unknown): Query {
  const { status, ...rest } = query as Query;
  return typeof status === 'string' ? { ...rest, status: spelled(values, status) } : (query as Query);
}

/** Returns the query with all given statuses as a list, each in the spelling of `values`. */
export function withStatusesOf(values: readonly string[], query: unknown): Query {
  const { status, ...rest } = query as { status?: string | string[] };
  return status === undefined ? rest : { ...rest, status: valuesOf(status).map((each) => spelled(values, each)) };
}

function spelled(values: readonly string[], status: string): string {
  const name = status.toLowerCase();
  return values.find((value) => value.toLowerCase() === name) ?? status;
}
