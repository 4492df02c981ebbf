import { useState } from 'react';
import { send } from '../api/client';
import { hasEnded, type Task } from '../api/types';
import { Confirm } from '../parts/confirm';

const ACTIONS = {
  pause: {
    title: 'Pause the task',
    says: 'It does not start until it is resumed. If it runs already, its receiver may still report, and its silence is not counted.',
    action: 'Pause it',
    call: (id: string) => send('PATCH', `/task/pause/${id}`),
  },
  resume: {
    title: 'Resume the task',
    says: 'It goes on from the state in which it was paused.',
    action: 'Resume it',
    call: (id: string) => send('PATCH', `/task/resume/${id}`),
  },
  cancel: {
    title: 'Cancel the task',
    says: 'Tasks that require its success will fail with it. A receiver that registered a cancel action is told. This cannot be undone.',
    action: 'Cancel the task',
    call: (id: string) => send('DELETE', `/task/${id}`),
  },
} as const;

export function TaskActions({ task, onChange }: { task: Task; onChange: () => void }) {
  const [asking, setAsking] = useState<keyof typeof ACTIONS>();
  const asked = asking && ACTIONS[asking];
  if (hasEnded(task.status) && !asked) return null;
  return (
    <div className="buttons">
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
          <p>{asked.says}</p>
        </Confirm>
      )}
    </div>
  );
}
