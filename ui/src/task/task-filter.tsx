import { useMemo } from 'react';
import { STATUSES, type TaskSummary } from '../api/types';
import { CheckFilter, ChoiceFilter, ClearFilters, TextFilter } from '../parts/filters';
import { useAddress } from '../state/router';
import { matches } from './matches';
import { isRootCause, kindOfReason } from './reasons';

export const TASK_FILTERS = ['search', 'status', 'kind', 'attempts', 'cause', 'reason'] as const;
const RETRIED = 'Retried';

/** Returns the tasks that match the filters in the address; undefined without a filter. */
export function useFilteredTasks(tasks: readonly TaskSummary[]): readonly TaskSummary[] | undefined {
  const { search = '', status, kind, attempts, cause, reason } = useAddress();
  const isFiltered = [search, status, kind, attempts, cause, reason].some(Boolean);
  return useMemo(() => {
    if (!isFiltered) return undefined;
    return tasks.filter(
      (task) =>
        (!status || task.status === status) &&
        (!kind || task.kind === kind) &&
        (attempts !== RETRIED || task.attempt > 1) &&
        (!cause || isRootCause(task)) &&
        (!reason || kindOfReason(task) === reason) &&
        matches(task, search),
    );
  }, [isFiltered, tasks, search, status, kind, attempts, cause, reason]);
}

export function TaskFilter({ tasks, found }: { tasks: readonly TaskSummary[]; found: number }) {
  const { attempts, cause } = useAddress();
  const kinds = useMemo(() => [...new Set(tasks.map(({ kind }) => kind))].sort(), [tasks]);
  const hasRetried = attempts !== undefined || tasks.some(({ attempt }) => attempt > 1);
  const hasCauses = cause !== undefined || tasks.some(isRootCause);
  return (
    <form className="filters" role="search" aria-label="Filter tasks" onSubmit={(event) => event.preventDefault()}>
      <TextFilter name="search" label="Name, kind or ID" />
      <ChoiceFilter name="status" label="Status" choices={STATUSES} />
      <ChoiceFilter name="kind" label="Kind" choices={kinds} />
      {hasRetried && <ChoiceFilter name="attempts" label="Attempts" choices={[RETRIED]} />}
      {hasCauses && <CheckFilter name="cause" label="Root causes only" value="root" />}
      <ClearFilters names={TASK_FILTERS} />
      <span className="quiet" role="status">
        {found} of {tasks.length} tasks
      </span>
    </form>
  );
}
