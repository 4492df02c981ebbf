import { useEffect, useState } from 'react';
import { STATUSES } from '../api/types';
import { change, useQuery } from '../state/router';

/** Filters of `GET /batches` on the page; they have the same names in its address. */
export const FILTERS = ['search', 'status', 'kind', 'name', 'scope', 'metadata'] as const;

/** Delay after the last key, so that a filter is not applied to half a word. */
const TYPING_MS = 300;

export function BatchFilters() {
  const query = useQuery();
  const isFiltered = FILTERS.some((name) => query[name]);
  return (
    <form className="filters" role="search" aria-label="Filter batches" onSubmit={(event) => event.preventDefault()}>
      <TextFilter name="search" label="Search" hint="scope, metadata, name or kind" />
      <label>
        Task status
        <select
          value={query.status ?? ''}
          onChange={({ target }) => change({ status: target.value, page: undefined }, 'replace')}
        >
          <option value="">Any</option>
          {STATUSES.map((status) => (
            <option key={status}>{status}</option>
          ))}
        </select>
      </label>
      <TextFilter name="kind" label="Task kind" />
      <TextFilter name="name" label="Task name" />
      <TextFilter name="scope" label="Scope" hint="exact match" />
      <TextFilter name="metadata" label="Metadata" hint='{"team": "shop"}' />
      {isFiltered && (
        <button
          type="button"
          onClick={() => change({ ...Object.fromEntries(FILTERS.map((name) => [name, undefined])), page: undefined })}
        >
          Clear
        </button>
      )}
    </form>
  );
}

function TextFilter({ name, label, hint }: { name: (typeof FILTERS)[number]; label: string; hint?: string }) {
  const applied = useQuery()[name] ?? '';
  const [typed, setTyped] = useState(applied);
  const [lastApplied, setLastApplied] = useState(applied);
  if (applied !== lastApplied) {
    // The user went back, or cleared the filters.
    setLastApplied(applied);
    setTyped(applied);
  }
  useEffect(() => {
    if (typed === applied) return;
    const timer = setTimeout(() => change({ [name]: typed, page: undefined }, 'replace'), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, applied, name]);
  return (
    <label>
      {label}
      <input type="search" value={typed} placeholder={hint} onChange={({ target }) => setTyped(target.value)} />
    </label>
  );
}
