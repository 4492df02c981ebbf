import { useMemo, useState } from 'react';
import { STATUSES, type Task } from '../api/types';

export interface TaskFilterState {
  text: string;
  status: string;
  kind: string;
}

/** The tasks that pass a filter, and the filter to be shown above them. */
export function useTaskFilter(tasks: readonly Task[]) {
  const [filter, setFilter] = useState<TaskFilterState>({ text: '', status: '', kind: '' });
  const found = useMemo(() => {
    const text = filter.text.trim().toLowerCase();
    return tasks.filter(
      ({ id, name, kind, status }) =>
        (!filter.status || status === filter.status) &&
        (!filter.kind || kind === filter.kind) &&
        (!text || name.toLowerCase().includes(text) || kind.toLowerCase().includes(text) || id === text),
    );
  }, [tasks, filter]);
  return { found, filter, setFilter };
}

interface TaskFilterProps {
  tasks: readonly Task[];
  found: number;
  filter: TaskFilterState;
  onChange: (filter: TaskFilterState) => void;
}

export function TaskFilter({ tasks, found, filter, onChange }: TaskFilterProps) {
  const kinds = useMemo(() => [...new Set(tasks.map(({ kind }) => kind))].sort(), [tasks]);
  const set = (some: Partial<TaskFilterState>) => onChange({ ...filter, ...some });
  return (
    <form className="filters" role="search" aria-label="Filter tasks" onSubmit={(event) => event.preventDefault()}>
      <label>
        Name, kind or id
        <input type="search" value={filter.text} onChange={({ target }) => set({ text: target.value })} />
      </label>
      <label>
        State
        <select value={filter.status} onChange={({ target }) => set({ status: target.value })}>
          <option value="">any</option>
          {STATUSES.map((status) => (
            <option key={status}>{status}</option>
          ))}
        </select>
      </label>
      <label>
        Kind
        <select value={filter.kind} onChange={({ target }) => set({ kind: target.value })}>
          <option value="">any</option>
          {kinds.map((kind) => (
            <option key={kind}>{kind}</option>
          ))}
        </select>
      </label>
      <span className="quiet" role="status">
        {found} of {tasks.length} tasks
      </span>
    </form>
  );
}
