import { useState } from 'react';
import { send } from '../api/client';
import { hasEnded, type Link, type TaskSummary } from '../api/types';
import { ActionButton } from '../parts/action-button';
import { Confirm } from '../parts/confirm';
import { useClock } from '../parts/time';
import { RerunDialog } from './rerun-dialog';
import { StartAtDialog } from './start-at-dialog';

const ACTIONS = {
  start: {
    title: 'Start task now',
    text: 'The task will no longer wait for its time. Its parents and rules still apply.',
    action: 'Start now',
    call: (id: string) => send('PATCH', `/task/${id}`, { run_at: null }),
  },
  pause: {
    title: 'Pause task',
    text: 'The task will not start until it is resumed. If it is running, its receiver can still report, and its timeout is suspended.',
    action: 'Pause task',
    call: (id: string) => send('PATCH', `/task/pause/${id}`),
  },
  resume: {
    title: 'Resume task',
    text: 'The task will return to its earlier status, updated by what happened meanwhile.',
    action: 'Resume task',
    call: (id: string) => send('PATCH', `/task/resume/${id}`),
  },
  cancel: {
    title: 'Cancel task',
    text: 'Tasks that require its success will fail. If its receiver has registered a cancel action, it will be notified. It can be rerun later.',
    action: 'Cancel task',
    call: (id: string) => send('DELETE', `/task/${id}`),
  },
} as const;

interface TaskActionsProps {
  task: TaskSummary;
  tasks: ReadonlyMap<string, TaskSummary>;
  links: readonly Link[];
}

export function TaskActions({ task, tasks, links }: TaskActionsProps) {
  const [asking, setAsking] = useState<keyof typeof ACTIONS | 'rerun' | 'start-at'>();
  const close = () => setAsking(undefined);
  const isEarly = useIsEarly(task);
  const isUnstarted = task.status === 'Waiting' || task.status === 'Pending' || isPausedBeforeStart(task);
  const asked = asking && asking !== 'rerun' && asking !== 'start-at' ? ACTIONS[asking] : undefined;
  const button = (words: string, question: typeof asking) => (
    <ActionButton onClick={() => setAsking(question)}>{words}</ActionButton>
  );
  return (
    <div className="buttons">
      {hasEnded(task.status) ? (
        button('Rerun…', 'rerun')
      ) : (
        <>
          {isUnstarted && isEarly && button('Start now…', 'start')}
          {isUnstarted && button('Start at…', 'start-at')}
          {task.status === 'Paused' ? button('Resume…', 'resume') : button('Pause…', 'pause')}
          {button('Cancel…', 'cancel')}
        </>
      )}
      {asked && (
        <Confirm
          title={asked.title}
          action={asked.action}
          isDangerous={asking === 'cancel'}
          onClose={close}
          onConfirm={() => asked.call(task.id)}
        >
          <p>
            <strong>{task.name}</strong>
          </p>
          <p>{asked.text}</p>
        </Confirm>
      )}
      {asking === 'start-at' && <StartAtDialog task={task} onClose={close} />}
      {asking === 'rerun' && <RerunDialog task={task} tasks={tasks} links={links} onClose={close} />}
    </div>
  );
}

/** Whether it was claimed already is not known here; the service refuses to move it then. */
const isPausedBeforeStart = ({ status, started_at }: TaskSummary): boolean =>
  status === 'Paused' && started_at === null;

/** Returns whether the time of a task is still to come. */
function useIsEarly({ run_at }: TaskSummary): boolean {
  const time = run_at === null ? 0 : Date.parse(run_at);
  return useClock((now) => (time > now ? 1 : 0)) === 1;
}
