import { hasEnded, type TaskSummary, type Why } from '../api/types';
import { StatusBadge } from '../parts/status';
import { inLocalTime } from '../parts/time';
import { useGet } from '../state/queries';

interface TaskWhyProps {
  task: TaskSummary;
  tasks: ReadonlyMap<string, TaskSummary>;
  onSelect: (id: string) => void;
}

/** Shows why a task is not running. Shows nothing for a running or ended task. */
export function TaskWhy({ task, tasks, onSelect }: TaskWhyProps) {
  const isWaiting = !hasEnded(task.status) && task.status !== 'Running';
  const version = `${task.status} ${task.attempt} ${task.run_at}`;
  const { data, error } = useGet<Why>(isWaiting ? `/task/${task.id}/why` : null, { version });
  if (!isWaiting || !data || error) return null;
  return (
    <section className="why" aria-label="Why it is not running">
      <h3>Why it is not running</h3>
      {data.reasons.map(({ type, text, tasks: named }) => (
        <div key={`${type}:${text}`}>
          <p className="why-reason">{inLocalTime(text)}.</p>
          {named.length > 0 && (
            <ul className="neighbours">
              {named.map(({ id, name, status }) => (
                <li key={id}>
                  <StatusBadge status={status} />{' '}
                  {tasks.has(id) ? (
                    <button type="button" className="plain" onClick={() => onSelect(id)}>
                      {name}
                    </button>
                  ) : (
                    name
                  )}
                </li>
              ))}
            </ul>
          )}
        </div>
      ))}
    </section>
  );
}
