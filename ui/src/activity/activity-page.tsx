import { useEffect } from 'react';
import { withQuery } from '../api/client';
import type { AuditEntry } from '../api/types';
import { ChoiceFilter, ClearFilters, TextFilter } from '../parts/filters';
import { Listing } from '../parts/listing';
import { EmptyNotice } from '../parts/notice';
import { useList } from '../state/queries';
import { useAddress, usePage } from '../state/router';
import { EntryTable } from './entry-table';
import { ACTIONS } from './words';

const PAGE_SIZE = 50;
const FILTERS = ['actor', 'action', 'batch', 'task', 'schedule'] as const;

/** Shows who changed what, newest first. */
export function ActivityPage() {
  const address = useAddress();
  const page = usePage();
  const { actor, action, batch, task, schedule } = address;
  const list = useList<AuditEntry>(
    withQuery('/audit-log', { actor, action, batch_id: batch, task_id: task, schedule, page, page_size: PAGE_SIZE }),
  );
  useEffect(() => void (document.title = 'Activity – Hookline'), []);
  const isFiltered = FILTERS.some((name) => address[name]);
  const of = [task && `task ${task}`, batch && `batch ${batch}`, schedule && `schedule ${schedule}`].filter(Boolean);
  return (
    <main>
      <h1>Activity</h1>
      <form className="filters" role="search" aria-label="Filter activity" onSubmit={(event) => event.preventDefault()}>
        <TextFilter name="actor" label="Who" hint="exact match" />
        <ChoiceFilter name="action" label="Action" choices={Object.keys(ACTIONS)} words={ACTIONS} />
        <ClearFilters names={FILTERS} />
      </form>
      {of.length > 0 && <p className="quiet">Showing only {of.join(', ')}</p>}
      <Listing
        what="the activity"
        list={list}
        empty={
          <EmptyNotice title={isFiltered || page > 0 ? 'No matching activity' : 'No one has changed anything yet'} />
        }
      >
        {(entries) => <EntryTable entries={entries} />}
      </Listing>
    </main>
  );
}
