import { useCallback } from 'react';
import { EntryTable } from '../activity/entry-table';
import { withQuery } from '../api/client';
import type { AuditEntry, TaskSummary } from '../api/types';
import { Listing } from '../parts/listing';
import { EmptyNotice } from '../parts/notice';
import { useList } from '../state/queries';
import { usePage } from '../state/router';

const PAGE_SIZE = 50;

interface BatchActivityProps {
  batchId: string;
  tasks: ReadonlyMap<string, TaskSummary>;
}

/** Shows who changed what in a batch. */
export function BatchActivity({ batchId, tasks }: BatchActivityProps) {
  const page = usePage();
  const list = useList<AuditEntry>(withQuery('/audit-log', { batch_id: batchId, page, page_size: PAGE_SIZE }));
  const nameOf = useCallback((id: string) => tasks.get(id)?.name, [tasks]);
  return (
    <Listing
      what="the activity"
      list={list}
      empty={<EmptyNotice title={page > 0 ? 'No more activity' : 'No one has changed this batch yet'} />}
    >
      {(entries) => <EntryTable entries={entries} nameOf={nameOf} />}
    </Listing>
  );
}
