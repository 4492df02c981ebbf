import { useMemo } from 'react';
import { STATUSES, type TaskSummary } from '../api/types';
import { type Column, DataTable } from '../parts/data-table';
import { EmptyNotice } from '../parts/notice';
import { StatusBadge } from '../parts/status';
import { Duration } from '../parts/time';
import { ReasonFilter } from '../task/reason-filter';
import { REASON, TASK_PICKING } from '../task/task-columns';
import { TaskDelay } from '../task/task-delay';
import { TaskFilter } from '../task/task-filter';
import { TaskProgress } from '../task/task-progress';

export interface TaskListProps {
  tasks: readonly TaskSummary[];
  /** Those that match the filters. */
  found: readonly TaskSummary[];
  selectedId: string | undefined;
  onSelect: (id: string | undefined) => void;
}

const PAGE_SIZE = 100;

export function TaskTable({ tasks, found, selectedId, onSelect }: TaskListProps) {
  const hasAttempts = useMemo(() => tasks.some(({ attempt }) => attempt > 1), [tasks]);
  const hasTimes = useMemo(() => tasks.some(({ run_at }) => run_at !== null), [tasks]);
  const hasReasons = useMemo(() => tasks.some(({ failure_reason }) => failure_reason), [tasks]);
  const columns = useMemo(() => columnsFor(hasAttempts, hasReasons, onSelect), [hasAttempts, hasReasons, onSelect]);
  return (
    <>
      <TaskFilter tasks={tasks} found={found.length} />
      <ReasonFilter tasks={tasks} />
      {found.length === 0 && <EmptyNotice title="No matching tasks" />}
      <DataTable
        caption="Tasks of the batch"
        className={hasTimes ? 'with-times' : undefined}
        columns={columns}
        rows={found}
        idOf={({ id }) => id}
        selectedId={selectedId}
        pageSize={PAGE_SIZE}
        picking={TASK_PICKING}
      />
    </>
  );
}

const durationOf = ({ started_at, ended_at }: TaskSummary): number =>
  started_at ? (ended_at ? Date.parse(ended_at) : Date.now()) - Date.parse(started_at) : -1;

const ATTEMPT: Column<TaskSummary> = {
  label: 'Attempt',
  className: 'number',
  sortBy: ({ attempt }) => attempt,
  cell: ({ attempt }) => attempt,
};

const columnsFor = (
  hasAttempts: boolean,
  hasReasons: boolean,
  onSelect: TaskListProps['onSelect'],
): Column<TaskSummary>[] => [
  {
    label: 'Name',
    sortBy: ({ name }) => name,
    cell: ({ id, name }) => (
      <button type="button" className="plain" onClick={() => onSelect(id)}>
        {name}
      </button>
    ),
  },
  { label: 'Kind', sortBy: ({ kind }) => kind, cell: ({ kind }) => kind },
  {
    label: 'Status',
    className: 'status-cell',
    sortBy: ({ status }) => STATUSES.indexOf(status),
    cell: (task) => (
      <>
        <StatusBadge status={task.status} />{' '}
        <TaskDelay task={task} what={task.attempt > 1 ? 'next attempt' : 'starts'} />
      </>
    ),
  },
  ...(hasReasons ? [REASON] : []),
  ...(hasAttempts ? [ATTEMPT] : []),
  {
    label: 'Progress',
    sortBy: ({ success, failures }) => success + failures,
    cell: (task) => <TaskProgress task={task} />,
  },
  {
    label: 'Duration',
    className: 'number',
    sortBy: durationOf,
    cell: ({ started_at, ended_at }) => <Duration from={started_at} to={ended_at} />,
  },
  { label: 'Priority', className: 'number', sortBy: ({ priority }) => priority, cell: ({ priority }) => priority },
];
