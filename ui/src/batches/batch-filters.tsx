import { STATUSES } from '../api/types';
import { ChoiceFilter, ClearFilters, TextFilter } from '../parts/filters';
import { TIME_FILTERS, TimeFilter } from '../parts/time-filter';

/** Filters of `GET /batches` on the page; they have the same names in its address. */
export const FILTERS = ['search', 'status', 'kind', 'name', 'scope', 'metadata'] as const;

export function BatchFilters() {
  return (
    <form className="filters" role="search" aria-label="Filter batches" onSubmit={(event) => event.preventDefault()}>
      <TextFilter name="search" label="Search" hint="scope, metadata, name or kind" />
      <ChoiceFilter name="status" label="Task status" choices={STATUSES} />
      <TextFilter name="kind" label="Task kind" />
      <TextFilter name="name" label="Task name" />
      <TextFilter name="scope" label="Scope" hint="exact match" />
      <TextFilter name="metadata" label="Metadata" hint='{"team": "shop"}' />
      <TimeFilter label="Created" />
      <ClearFilters names={[...FILTERS, ...TIME_FILTERS]} />
    </form>
  );
}
