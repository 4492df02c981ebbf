import { useState } from 'react';
import { send } from '../api/client';
import type { Link, TaskSummary } from '../api/types';
import { Confirm } from '../parts/confirm';
import { counted } from '../parts/words';
import { rerunScope } from './rerun-scope';

interface RerunDialogProps {
  task: TaskSummary;
  tasks: ReadonlyMap<string, TaskSummary>;
  links: readonly Link[];
  onClose: () => void;
}

/** Asks whether to run a task again, and how far the rerun reaches. */
export function RerunDialog({ task, tasks, links, onClose }: RerunDialogProps) {
  // Stays as it was asked, while the rerun already changes the tasks.
  const [{ attempt, status }] = useState(task);
  const [scope] = useState(() => rerunScope(task.id, tasks, links));
  const hasSucceeded = status === 'Success';
  const [isDownstream, setDownstream] = useState(hasSucceeded);
  const others = isDownstream ? scope.downstream : scope.unsuccessful;
  return (
    <Confirm
      title="Rerun task"
      action={others === 0 ? 'Rerun task' : `Rerun ${others + 1} tasks`}
      onClose={onClose}
      onConfirm={() => send('POST', `/task/${task.id}/rerun`, { downstream: isDownstream })}
    >
      <p>
        <strong>{task.name}</strong>
      </p>
      <p>The task will run again, as attempt {attempt + 1}. Its earlier attempts stay on record.</p>
      {hasSucceeded
        ? others > 0 && <p>It succeeded, so everything downstream runs again as well: {counted(others, 'task')}.</p>
        : scope.unsuccessful > 0 && (
            <p>Downstream, {counted(scope.unsuccessful, 'task')} that did not succeed will run again too.</p>
          )}
      {!hasSucceeded && scope.downstream > scope.unsuccessful && (
        <label className="check">
          <input type="checkbox" checked={isDownstream} onChange={({ target }) => setDownstream(target.checked)} />
          Also rerun everything downstream ({counted(scope.downstream, 'task')})
        </label>
      )}
    </Confirm>
  );
}
