import { useState } from 'react';
import { send } from '../api/client';
import type { TaskSummary } from '../api/types';
import { Confirm } from '../parts/confirm';
import { localOf } from '../parts/time-filter';

interface StartAtDialogProps {
  task: TaskSummary;
  onClose: () => void;
}

const HOUR_MS = 3_600_000;
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Asks for a time before which a task does not start. */
export function StartAtDialog({ task, onClose }: StartAtDialogProps) {
  const [time, setTime] = useState(() => proposed(task));
  return (
    <Confirm
      title="Start task at"
      action="Set time"
      onClose={onClose}
      onConfirm={() => send('PATCH', `/task/${task.id}`, { run_at: new Date(time).toISOString() })}
    >
      <p>
        <strong>{task.name}</strong>
      </p>
      <p>The task will not start before this time. Its parents and rules still apply.</p>
      <label>
        Time ({zone})
        <input type="datetime-local" required value={time} onChange={({ target }) => setTime(target.value)} />
      </label>
    </Confirm>
  );
}

/** Returns the time that is set, or one in an hour. */
function proposed({ run_at }: TaskSummary): string {
  const set = run_at === null ? 0 : Date.parse(run_at);
  return localOf(set > Date.now() ? set : Date.now() + HOUR_MS);
}
