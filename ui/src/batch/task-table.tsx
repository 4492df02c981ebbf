import { useMemo, useState } from 'react';
import { STATUSES, type TaskSummary } from '../api/types';
import { EmptyNotice } from '../parts/notice';
import { Pager } from '../parts/pager';
import { StatusBadge } from '../parts/status';
import { Duration } from '../parts/time';
import { TaskDelay } from '../task/task-delay';
import { TaskFilter, useTaskFilter } from './task-filter';
import { TaskProgress } from './task-progress';

export interface TaskListProps {
  tasks: readonly TaskSummary[];
  selectedId: string | undefined;
  onSelect: (id: string | undefined) => void;
}

const PAGE_SIZE = 100;
const duration = ({ started_at, ended_at }: TaskSummary): number =>
  started_at ? (ended_at ? Date.parse(ended_at) : Date.now()) - Date.parse(started_at) : -1;

const COLUMNS = {
  Name: (a: TaskSummary, b: TaskSummary) => a.name.localeCompare(b.name),
  Kind: (a: TaskSummary, b: TaskSummary) => a.kind.localeCompare(b.kind),
  Status: (a: TaskSummary, b: TaskSummary) => STATUSES.indexOf(a.status) - STATUSES.indexOf(b.status),
  Attempt: (a: TaskSummary, b: TaskSummary) => a.attempt - b.attempt,
  Progress: (a: TaskSummary, b: TaskSummary) => a.success + a.failures - b.success - b.failures,
  Duration: (a: TaskSummary, b: TaskSummary) => duration(a) - duration(b),
  Priority: (a: TaskSummary, b: TaskSummary) => a.priority - b.priority,
} as const;
type Column = keyof typeof COLUMNS;

export function TaskTable({ tasks, selectedId, onSelect }: TaskListProps) {
  const { found, filter, setFilter } = useTaskFilter(tasks);
  const [sort, setSort] = useState<{ column: Column; isDescending: boolean }>();
  const [page, setPage] = useState(0);
  const sorted = useMemo(() => {
    if (!sort) return found;
    const list = found.toSorted(COLUMNS[sort.column]);
    return sort.isDescending ? list.reverse() : list;
  }, [found, sort]);
  const hasAttempts = useMemo(() => tasks.some(({ attempt }) => attempt > 1), [tasks]);
  const hasTimes = useMemo(() => tasks.some(({ run_at }) => run_at !== null), [tasks]);
  const columns = (Object.keys(COLUMNS) as Column[]).filter((column) => column !== 'Attempt' || hasAttempts);
  const last = Math.max(0, Math.ceil(sorted.length / PAGE_SIZE) - 1);
  const shown = Math.min(page, last);
  return (
    <>
      <TaskFilter tasks={tasks} found={found.length} filter={filter} onChange={setFilter} />
      {sorted.length === 0 && <EmptyNotice title="No matching tasks" />}
      {sorted.length > 0 && (
        <div className="sideways">
          <table className={`rows tasks${hasTimes ? ' with-times' : ''}`}>
            <caption className="hidden">Tasks of the batch</caption>
            <thead>
              <tr>
                {columns.map((column) => (
                  <SortableHeader
                    key={column}
                    column={column}
                    isDescending={sort?.column === column ? sort.isDescending : undefined}
                    onSort={(isDescending) => setSort({ column, isDescending })}
                  />
                ))}
              </tr>
            </thead>
            <tbody>
              {sorted.slice(shown * PAGE_SIZE, (shown + 1) * PAGE_SIZE).map((task) => (
                <tr key={task.id} className={task.id === selectedId ? 'selected' : undefined}>
                  <th scope="row">
                    <button type="button" className="plain" onClick={() => onSelect(task.id)}>
                      {task.name}
                    </button>
                  </th>
                  <td data-label="Kind">{task.kind}</td>
                  <td data-label="Status">
                    <StatusBadge status={task.status} />{' '}
                    <TaskDelay task={task} what={task.attempt > 1 ? 'next attempt' : 'starts'} />
                  </td>
                  {hasAttempts && (
                    <td data-label="Attempt" className="number">
                      {task.attempt}
                    </td>
                  )}
                  <td data-label="Progress">
                    <TaskProgress task={task} />
                  </td>
                  <td data-label="Duration" className="number">
                    <Duration from={task.started_at} to={task.ended_at} />
                  </td>
                  <td data-label="Priority" className="number">
                    {task.priority}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Pager page={shown} hasNext={shown < last} onPage={setPage} of={` of ${last + 1}`} />
    </>
  );
}

interface SortableHeaderProps {
  column: string;
  /** Undefined: the rows are not sorted by this column. */
  isDescending: boolean | undefined;
  onSort: (isDescending: boolean) => void;
}

function SortableHeader({ column, isDescending, onSort }: SortableHeaderProps) {
  const isSorted = isDescending !== undefined;
  return (
    <th scope="col" aria-sort={isSorted ? (isDescending ? 'descending' : 'ascending') : undefined}>
      <button type="button" className="plain" onClick={() => onSort(isSorted && !isDescending)}>
        {column}
        <span aria-hidden="true">{isSorted ? (isDescending ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </th>
  );
}
