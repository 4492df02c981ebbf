import { useEffect } from 'react';
import { withQuery } from '../api/client';
import { TASK_FIELDS, type TaskSummary } from '../api/types';
import { CheckFilter, ClearFilters, TextFilter } from '../parts/filters';
import { type Column, DataTable } from '../parts/data-table';
import { PageLink } from '../parts/link';
import { Listing } from '../parts/listing';
import { EmptyNotice } from '../parts/notice';
import { Age } from '../parts/time';
import { TIME_FILTERS, TimeFilter, useTimeRange } from '../parts/time-filter';
import { useList } from '../state/queries';
import { useAddress, usePage } from '../state/router';
import { ReasonFilter } from '../task/reason-filter';
import { REASON, TASK_PICKING } from '../task/task-columns';
import { useFilteredTasks } from '../task/task-filter';

const PAGE_SIZE = 100;
const FILTERS = ['kind', 'name', 'cause', 'reason', ...TIME_FILTERS] as const;

const COLUMNS: Column<TaskSummary>[] = [
  {
    label: 'Task',
    cell: ({ id, name, batch_id, kind }) => (
      <>
        <PageLink to={{ batch: batch_id, task: id }}>{name}</PageLink>
        <span className="quiet below">{kind}</span>
      </>
    ),
  },
  REASON,
  {
    label: 'Batch',
    cell: ({ batch_id }) => (
      <PageLink to={{ batch: batch_id }} className="id">
        {batch_id}
      </PageLink>
    ),
  },
  { label: 'Attempt', className: 'number', cell: ({ attempt }) => attempt },
  { label: 'Ended', cell: ({ ended_at }) => ended_at && <Age of={ended_at} /> },
];

/** Lists the failed tasks of all batches, last ended first. */
export function FailuresPage() {
  const { kind, name, cause } = useAddress();
  const { after, before } = useTimeRange();
  const page = usePage();
  const list = useList<TaskSummary>(
    withQuery('/task', {
      status: 'Failure',
      sort: '-ended_at',
      kind,
      name,
      root_cause: cause && 'true',
      ended_after: after,
      ended_before: before,
      page,
      page_size: PAGE_SIZE,
      ...TASK_FIELDS,
    }),
  );
  useEffect(() => void (document.title = 'Failures – Hookline'), []);
  const isFiltered = [kind, name, cause, after, before].some(Boolean);
  return (
    <main>
      <h1>Failures</h1>
      <form className="filters" role="search" aria-label="Filter failures" onSubmit={(event) => event.preventDefault()}>
        <TimeFilter label="Ended" />
        <TextFilter name="kind" label="Task kind" />
        <TextFilter name="name" label="Task name" />
        <CheckFilter name="cause" label="Root causes only" value="root" />
        <ClearFilters names={FILTERS} />
      </form>
      <Listing
        what="failures"
        list={list}
        empty={<EmptyNotice title={isFiltered || page > 0 ? 'No matching failures' : 'No task has failed'} />}
      >
        {(tasks) => <Failures tasks={tasks} />}
      </Listing>
    </main>
  );
}

/** Shows one page of failures; reasons filter only this page. */
function Failures({ tasks }: { tasks: readonly TaskSummary[] }) {
  const { reason } = useAddress();
  const found = useFilteredTasks(tasks) ?? tasks;
  return (
    <>
      <ReasonFilter tasks={tasks} isOnePage />
      {reason && tasks.length > 0 && (
        <p className="quiet" role="status">
          {found.length} of the {tasks.length} failures on this page
        </p>
      )}
      {found.length === 0 && tasks.length > 0 && <EmptyNotice title="No matching failures on this page" />}
      <DataTable
        caption="Failed tasks, last ended first"
        columns={COLUMNS}
        rows={found}
        idOf={({ id }) => id}
        picking={TASK_PICKING}
      />
    </>
  );
}
