import { useMemo } from 'react';
import { STATUSES, type TaskSummary } from '../api/types';
import { type Column, DataTable } from '../parts/data-table';
import { EmptyNotice } from '../parts/notice';
import { StatusBadge } from '../parts/status';
import { Duration } from '../parts/time';
import { TaskDelay } from '../task/task-delay';
import { TaskFilter, useFilteredTasks } from './task-filter';
import { TaskProgress } from './task-progress';

export interface TaskListProps {
  tasks: readonly TaskSummary[];
  selectedId: string | undefined;
  onSelect: (id: string | undefined) => void;
}

const PAGE_SIZE = 100;

export function TaskTable({ tasks, selectedId, onSelect }: TaskListProps) {
  const found = useFilteredTasks(tasks);
  const hasAttempts = useMemo(() => tasks.some(({ attempt }) => attempt > 1), [tasks]);
  const hasTimes = useMemo(() => tasks.some(({ run_at }) => run_at !== null), [tasks]);
  const columns = useMemo(() => columnsFor(hasAttempts, onSelect), [hasAttempts, onSelect]);
  return (
    <>
      <TaskFilter tasks={tasks} found={found.length} />
      {found.length === 0 ? (
        <EmptyNotice title="No matching tasks" />
      ) : (
        <DataTable
          caption="Tasks of the batch"
          className={`tasks${hasTimes ? ' with-times' : ''}`}
          columns={columns}
          rows={found}
          idOf={({ id }) => id}
          selectedId={selectedId}
          pageSize={PAGE_SIZE}
        />
      )}
    </>
  );
}

const durationOf = ({ started_at, ended_at }: TaskSummary): number =>
  started_at ? (ended_at ? Date.parse(ended_at) : Date.now()) - Date.parse(started_at) : -1;

const columnsFor = (hasAttempts: boolean, onSelect: TaskListProps['onSelect']): Column<TaskSummary>[] => [
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
    sortBy: ({ status }) => STATUSES.indexOf(status),
    cell: (task) => (
      <>
        <StatusBadge status={task.status} />{' '}
        <TaskDelay task={task} what={task.attempt > 1 ? 'next attempt' : 'starts'} />
      </>
    ),
  },
  ...(hasAttempts
    ? [
        {
          label: 'Attempt',
          className: 'number',
          sortBy: ({ attempt }: TaskSummary) => attempt,
          cell: ({ attempt }: TaskSummary) => attempt,
        },
      ]
    : []),
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
