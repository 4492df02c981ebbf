import { useMemo, useState } from 'react';
import { STATUSES, type TaskSummary } from '../api/types';
import { matches } from '../task/matches';

export interface TaskFilterState {
  text: string;
  status: string;
  kind: string;
  isRetried: boolean;
}

/** Returns the tasks that match a filter, and the state of the filter. */
export function useTaskFilter(tasks: readonly TaskSummary[]) {
  const [filter, setFilter] = useState<TaskFilterState>({ text: '', status: '', kind: '', isRetried: false });
  const found = useMemo(() => {
    const { text, status, kind, isRetried } = filter;
    return tasks.filter(
      (task) =>
        (!status || task.status === status) &&
        (!kind || task.kind === kind) &&
        (!isRetried || task.attempt > 1) &&
        matches(task, text),
    );
  }, [tasks, filter]);
  return { found, filter, setFilter };
}

interface TaskFilterProps {
  tasks: readonly TaskSummary[];
  found: number;
  filter: TaskFilterState;
  onChange: (filter: TaskFilterState) => void;
}

export function TaskFilter({ tasks, found, filter, onChange }: TaskFilterProps) {
  const kinds = useMemo(() => [...new Set(tasks.map(({ kind }) => kind))].sort(), [tasks]);
  const hasRetried = filter.isRetried || tasks.some(({ attempt }) => attempt > 1);
  const set = (some: Partial<TaskFilterState>) => onChange({ ...filter, ...some });
  return (
    <form className="filters" role="search" aria-label="Filter tasks" onSubmit={(event) => event.preventDefault()}>
      <label>
        Name, kind or ID
        <input type="search" value={filter.text} onChange={({ target }) => set({ text: target.value })} />
      </label>
      <label>
        Status
        <select value={filter.status} onChange={({ target }) => set({ status: target.value })}>
          <option value="">Any</option>
          {STATUSES.map((status) => (
            <option key={status}>{status}</option>
          ))}
        </select>
      </label>
      <label>
        Kind
        <select value={filter.kind} onChange={({ target }) => set({ kind: target.value })}>
          <option value="">Any</option>
          {kinds.map((kind) => (
            <option key={kind}>{kind}</option>
          ))}
        </select>
      </label>
      {hasRetried && (
        <label>
          Attempts
          <select
            value={filter.isRetried ? 'retried' : ''}
            onChange={({ target }) => set({ isRetried: target.value === 'retried' })}
          >
            <option value="">Any</option>
            <option value="retried">Retried</option>
          </select>
        </label>
      )}
      <span className="quiet" role="status">
        {found} of {tasks.length} tasks
      </span>
    </form>
  );
}
