import { useState } from 'react';
import { send } from '../api/client';
import { hasEnded, type TaskSummary } from '../api/types';
import { Confirm } from '../parts/confirm';

const ACTIONS = {
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
          <p>{asked.text}</p>
        </Confirm>
      )}
    </div>
  );
}
