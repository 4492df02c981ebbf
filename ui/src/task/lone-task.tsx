import { useEffect } from 'react';
import type { Task } from '../api/types';
import { ErrorNotice, Loading } from '../parts/notice';
import { useGet } from '../state/queries';
import { change } from '../state/router';

/** Opens a task in its batch, if only the id of the task is known. */
export function LoneTask({ id }: { id: string }) {
  const { data, error, refetch } = useGet<Task>(`/task/${encodeURIComponent(id)}`, { everyMs: false });
  const batch = data?.batch_id;
  useEffect(() => void (document.title = 'Task – Hookline'), []);
  useEffect(() => {
    if (batch) change({ batch }, 'replace');
  }, [batch]);
  return (
    <main>{error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : <Loading what="the task" />}</main>
  );
}
