import { useState } from 'react';
import { send } from '../api/client';
import { runAll } from '../api/run-all';
import { hasEnded, type TaskSummary } from '../api/types';
import { ActionButton } from '../parts/action-button';
import { Confirm } from '../parts/confirm';
import { counted } from '../parts/words';
import { isUnsuccessful } from './rerun-scope';

/** Cancels or reruns several tasks, after a question that says how many. */
export function BulkActions({ tasks }: { tasks: readonly TaskSummary[] }) {
  const [asking, setAsking] = useState<'cancel' | 'rerun'>();
  const open = tasks.filter(({ status }) => !hasEnded(status));
  const unsuccessful = tasks.filter(isUnsuccessful);
  const close = () => setAsking(undefined);
  const spared = (chosen: readonly TaskSummary[], why: string) =>
    chosen.length < tasks.length && (
      <p>
        {tasks.length - chosen.length} of the selected {why}
      </p>
    );
  return (
    <>
      {open.length > 0 && (
        <ActionButton onClick={() => setAsking('cancel')}>Cancel {counted(open.length, 'task')}…</ActionButton>
      )}
      {unsuccessful.length > 0 && (
        <ActionButton onClick={() => setAsking('rerun')}>Rerun {counted(unsuccessful.length, 'task')}…</ActionButton>
      )}
      {asking === 'cancel' && (
        <Confirm
          title="Cancel tasks"
          action={`Cancel ${counted(open.length, 'task')}`}
          isDangerous
          onClose={close}
          onConfirm={() => runAll(open.map(({ id, name }) => ({ name, run: () => send('DELETE', `/task/${id}`) })))}
        >
          <p>
            {counted(open.length, 'task')} will be canceled. Tasks that require their success will fail. Canceled tasks
            can be rerun later.
          </p>
          {spared(open, 'have ended, and stay as they are.')}
        </Confirm>
      )}
      {asking === 'rerun' && (
        <Confirm
          title="Rerun tasks"
          action={`Rerun ${counted(unsuccessful.length, 'task')}`}
          onClose={close}
          onConfirm={() => runAll(rerunsOf(unsuccessful))}
        >
          <p>{counted(unsuccessful.length, 'task')} will run again, with the tasks downstream that did not succeed.</p>
          {spared(unsuccessful, 'neither failed nor were canceled, and stay as they are.')}
        </Confirm>
      )}
    </>
  );
}

/** Returns one rerun for each batch: a task and its descendants cannot be rerun one after the other. */
function rerunsOf(tasks: readonly TaskSummary[]) {
  const batches = new Map<string, TaskSummary[]>();
  for (const task of tasks) batches.set(task.batch_id, [...(batches.get(task.batch_id) ?? []), task]);
  return [...batches].map(([batchId, members]) => ({
    name: members.map(({ name }) => name).join(', '),
    run: () => send('POST', `/batch/${batchId}/rerun`, { task_ids: members.map(({ id }) => id) }),
  }));
}
