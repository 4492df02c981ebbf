import { useEffect, useLayoutEffect, useMemo, useRef } from 'react';
import type { Delivery, Task, Link, TaskSummary } from '../api/types';
import { withQuery } from '../api/client';
import { RecentEntries } from '../activity/recent-entries';
import { DeliveryTable } from '../deliveries/delivery-table';
import { PageLink } from '../parts/link';
import { ErrorNotice, Loading } from '../parts/notice';
import { StatusBadge } from '../parts/status';
import { useGet } from '../state/queries';
import { TaskActions } from './task-actions';
import { attemptOf, TaskAttempts } from './task-attempts';
import { TaskDelay } from './task-delay';
import { TaskFacts } from './task-facts';
import { TaskWhy } from './task-why';

interface TaskPanelProps {
  /** The task as live updates last showed it. */
  task: TaskSummary;
  tasks: ReadonlyMap<string, TaskSummary>;
  links: readonly Link[];
  onSelect: (id: string) => void;
  onClose: () => void;
}

const MAX_DELIVERIES = 20;

/** Shows a task with its deliveries, parents and children. */
export function TaskPanel({ task, tasks, links, onSelect, onClose }: TaskPanelProps) {
  const panel = useRef<HTMLElement>(null);
  const version = `${task.status} ${task.attempt}`;
  const full = useGet<Task>(`/task/${task.id}`, { version });
  const deliveriesPath = withQuery('/webhook-deliveries', { task_id: task.id, page_size: MAX_DELIVERIES });
  const deliveries = useGet<Delivery[]>(deliveriesPath, { version });
  // When a task runs again, the outcome of the attempt before must not be shown as its own.
  const outcome = full.data?.attempt === task.attempt ? {} : { failure_reason: null, result: null };
  const shown = full.data && { ...full.data, ...outcome, ...task };
  const attempt = shown && attemptOf(shown);

  useEffect(() => panel.current?.focus(), []);
  // Before the next key is pressed, which the panel would miss.
  useLayoutEffect(() => {
    // The focused button is gone, as the task has changed.
    if (document.activeElement === document.body) panel.current?.focus({ preventScroll: true });
  }, [version]);

  return (
    <aside
      ref={panel}
      className="panel"
      tabIndex={-1}
      aria-label={`Task ${task.name}`}
      onKeyDown={(event) => {
        // In a dialog, Esc closes only the dialog.
        if (event.key === 'Escape' && !(event.target as HTMLElement).closest('dialog')) onClose();
      }}
    >
      <header>
        <h2>{task.name}</h2>
        <button type="button" className="close" aria-label="Close" onClick={onClose}>
          ×
        </button>
      </header>
      <p className="panel-line">
        <StatusBadge status={task.status} />
        <span>{task.kind}</span>
        <TaskDelay
          task={task}
          what={attempt ? `${attempt} starts` : 'Starts'}
          otherwise={attempt && <span>{attempt}</span>}
        />
      </p>
      <TaskActions task={task} tasks={tasks} links={links} />
      <TaskWhy task={task} tasks={tasks} onSelect={onSelect} />
      {full.error && <ErrorNotice error={full.error} onRetry={() => void full.refetch()} />}
      {shown ? (
        <>
          <TaskAttempts task={shown} />
          <TaskFacts task={shown} />
        </>
      ) : (
        !full.error && <Loading what="the task" />
      )}
      <Neighbours task={task} tasks={tasks} links={links} onSelect={onSelect} />
      <section>
        <h3>Deliveries</h3>
        {deliveries.error && <ErrorNotice error={deliveries.error} onRetry={() => void deliveries.refetch()} />}
        {deliveries.data?.length === 0 && <p className="quiet">No deliveries yet.</p>}
        {deliveries.data && deliveries.data.length > 0 && <DeliveryTable deliveries={deliveries.data} isOfOneTask />}
        <PageLink to={{ show: 'deliveries', task: task.id }}>All deliveries of this task</PageLink>
      </section>
      <RecentEntries of={{ task_id: task.id }} all={{ show: 'activity', task: task.id }} version={version} />
    </aside>
  );
}

type NeighboursProps = Pick<TaskPanelProps, 'task' | 'tasks' | 'links' | 'onSelect'>;
const MAX_NEIGHBOURS = 50;

function Neighbours({ task, tasks, links, onSelect }: NeighboursProps) {
  const { parents, children } = useMemo(
    () => ({
      parents: links.filter(({ child_id }) => child_id === task.id),
      children: links.filter(({ parent_id }) => parent_id === task.id),
    }),
    [links, task.id],
  );
  const list = (title: string, some: readonly Link[], end: 'parent_id' | 'child_id') =>
    some.length > 0 && (
      <section>
        <h3>
          {title} ({some.length})
        </h3>
        <ul className="neighbours">
          {some.slice(0, MAX_NEIGHBOURS).map((link) => {
            const other = tasks.get(link[end]);
            return (
              <li key={link[end]}>
                {other ? (
                  <>
                    <StatusBadge status={other.status} />{' '}
                    <button type="button" className="plain" onClick={() => onSelect(other.id)}>
                      {other.name}
                    </button>
                  </>
                ) : (
                  <span className="id">{link[end]} (in another batch)</span>
                )}
                {!link.requires_success && <span className="quiet"> (success not required)</span>}
              </li>
            );
          })}
        </ul>
        {some.length > MAX_NEIGHBOURS && <p className="quiet">and {some.length - MAX_NEIGHBOURS} more</p>}
      </section>
    );
  return (
    <>
      {list('Parents', parents, 'parent_id')}
      {list('Children', children, 'child_id')}
    </>
  );
}
