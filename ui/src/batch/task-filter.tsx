import { useMemo } from 'react';
import { STATUSES, type TaskSummary } from '../api/types';
import { ChoiceFilter, ClearFilters, TextFilter } from '../parts/filters';
import { useAddress } from '../state/router';
import { matches } from '../task/matches';

const FILTERS = ['search', 'status', 'kind', 'attempts'] as const;
const RETRIED = 'Retried';

/** Returns the tasks that match the filters in the address. */
export function useFilteredTasks(tasks: readonly TaskSummary[]): readonly TaskSummary[] {
  const { search = '', status, kind, attempts } = useAddress();
  return useMemo(
    () =>
      tasks.filter(
        (task) =>
          (!status || task.status === status) &&
          (!kind || task.kind === kind) &&
          (attempts !== RETRIED || task.attempt > 1) &&
          matches(task, search),
      ),
    [tasks, search, status, kind, attempts],
  );
}

interface TaskFilterProps {
  tasks: readonly TaskSummary[];
  found: number;
}

export function TaskFilter({ tasks, found }: TaskFilterProps) {
  const { attempts } = useAddress();
  const kinds = useMemo(() => [...new Set(tasks.map(({ kind }) => kind))].sort(), [tasks]);
  const hasRetried = attempts !== undefined || tasks.some(({ attempt }) => attempt > 1);
  return (
    <form className="filters" role="search" aria-label="Filter tasks" onSubmit={(event) => event.preventDefault()}>
      <TextFilter name="search" label="Name, kind or ID" />
      <ChoiceFilter name="status" label="Status" choices={STATUSES} />
      <ChoiceFilter name="kind" label="Kind" choices={kinds} />
      {hasRetried && <ChoiceFilter name="attempts" label="Attempts" choices={[RETRIED]} />}
      <ClearFilters names={FILTERS} />
      <span className="quiet" role="status">
        {found} of {tasks.length} tasks
      </span>
    </form>
  );
}
