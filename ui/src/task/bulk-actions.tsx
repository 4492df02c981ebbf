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
  /** With the tasks as they were when the user was asked: they may change, and leave the list meanwhile. */
  const [asked, setAsked] = useState<{ what: 'cancel' | 'rerun'; about: readonly TaskSummary[] }>();
  const about = asked?.about ?? tasks;
  const open = about.filter(({ status }) => !hasEnded(status));
  const unsuccessful = about.filter(isUnsuccessful);
  const ask = (what: 'cancel' | 'rerun') => setAsked({ what, about: tasks });
  const close = () => setAsked(undefined);
  const spared = (chosen: readonly TaskSummary[], why: string) =>
    chosen.length < about.length && (
      <p>
        {why}: {about.length - chosen.length}.
      </p>
    );
  return (
    <>
      {open.length > 0 && (
        <ActionButton onClick={() => ask('cancel')}>Cancel {counted(open.length, 'task')}…</ActionButton>
      )}
      {unsuccessful.length > 0 && (
        <ActionButton onClick={() => ask('rerun')}>Rerun {counted(unsuccessful.length, 'task')}…</ActionButton>
      )}
      {asked?.what === 'cancel' && (
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
          {spared(open, 'Already ended and left unchanged')}
        </Confirm>
      )}
      {asked?.what === 'rerun' && (
        <Confirm
          title="Rerun tasks"
          action={`Rerun ${counted(unsuccessful.length, 'task')}`}
          onClose={close}
          onConfirm={() => runAll(rerunsOf(unsuccessful))}
        >
          <p>{counted(unsuccessful.length, 'task')} will run again, with the tasks downstream that did not succeed.</p>
          {spared(unsuccessful, 'Not failed or canceled, and left unchanged')}
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
