import { useState } from 'react';
import { send } from '../api/client';
import { hasEnded, type TaskSummary } from '../api/types';
import { Confirm } from '../parts/confirm';
import { useClock } from '../parts/time';
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
    text: 'Tasks that require its success will fail. If its receiver has registered a cancel action, it will be notified. This cannot be undone.',
    action: 'Cancel task',
    call: (id: string) => send('DELETE', `/task/${id}`),
  },
} as const;

export function TaskActions({ task, onChange }: { task: TaskSummary; onChange: () => void }) {
  const [asking, setAsking] = useState<keyof typeof ACTIONS>();
  const [isSettingTime, setSettingTime] = useState(false);
  const asked = asking && ACTIONS[asking];
  const isEarly = useIsEarly(task);
  const isUnstarted = task.status === 'Waiting' || task.status === 'Pending' || isPausedBeforeStart(task);
  if (hasEnded(task.status) && !asked && !isSettingTime) return null;
  return (
    <div className="buttons">
      {isUnstarted && isEarly && (
        <button type="button" onClick={() => setAsking('start')}>
          Start now…
        </button>
      )}
      {isUnstarted && (
        <button type="button" onClick={() => setSettingTime(true)}>
          Start at…
        </button>
      )}
      {task.status === 'Paused' ? (
        <button type="button" onClick={() => setAsking('resume')}>
          Resume…
        </button>
      ) : (
        <button type="button" onClick={() => setAsking('pause')}>
          Pause…
        </button>
      )}
      <button type="button" onClick={() => setAsking('cancel')}>
        Cancel…
      </button>
      {asked && (
        <Confirm
          title={asked.title}
          action={asked.action}
          isDangerous={asking === 'cancel'}
          onClose={() => setAsking(undefined)}
          onConfirm={async () => {
            await asked.call(task.id);
            onChange();
          }}
        >
          <p>
            <strong>{task.name}</strong>
          </p>
          <p>{asked.text}</p>
        </Confirm>
      )}
      {isSettingTime && <StartAtDialog task={task} onChange={onChange} onClose={() => setSettingTime(false)} />}
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
