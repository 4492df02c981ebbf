import type { UseQueryResult } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { type BatchStats, hasEnded, type TaskSummary } from '../api/types';
import { scheduleOf } from '../batches/titles';
import { ExhaustedBadge } from '../deliveries/exhausted-badge';
import { ActionButton } from '../parts/action-button';
import { PageLink } from '../parts/link';
import { countTasks, StatusBar, StatusLegend } from '../parts/status';
import { Duration } from '../parts/time';
import { isUnsuccessful } from '../task/rerun-scope';
import { BatchFacts } from './batch-facts';
import { RerunDialog } from './rerun-dialog';
import { RulesDialog } from './rules-dialog';
import { StopDialog } from './stop-dialog';

interface BatchHeaderProps {
  batchId: string;
  about: UseQueryResult<BatchStats>;
  title: string | undefined;
  tasks: readonly TaskSummary[];
}

export function BatchHeader({ batchId, about, title, tasks }: BatchHeaderProps) {
  const [asking, setAsking] = useState<'stop' | 'rules' | 'rerun'>();
  const counts = useMemo(() => countTasks(tasks), [tasks]);
  const open = useMemo(() => tasks.filter(({ status }) => !hasEnded(status)), [tasks]);
  const unsuccessful = useMemo(() => tasks.filter(isUnsuccessful).length, [tasks]);
  const schedule = about.data && scheduleOf(about.data);
  const close = () => setAsking(undefined);
  return (
    <header className="batch-header">
      <div className="page-title">
        <h1>{title ?? 'Batch'}</h1>
        <span className="id">{batchId}</span>
        <ExhaustedBadge batchId={batchId} />
        <PageLink to={{ show: 'deliveries', batch: batchId }}>Deliveries of this batch</PageLink>
        {schedule && (
          <span>
            Schedule: <PageLink to={{ schedule }}>{schedule}</PageLink>
          </span>
        )}
        <div className="buttons">
          <ActionButton disabled={unsuccessful === 0} onClick={() => setAsking('rerun')}>
            Rerun failed…
          </ActionButton>
          <ActionButton disabled={open.length === 0} onClick={() => setAsking('rules')}>
            Rules…
          </ActionButton>
          <ActionButton disabled={open.length === 0} onClick={() => setAsking('stop')}>
            Stop…
          </ActionButton>
        </div>
      </div>
      <StatusBar counts={counts} />
      <div className="batch-facts">
        <StatusLegend counts={counts} />
        <Progress tasks={tasks} open={open.length} />
      </div>
      <BatchFacts about={about} />
      {asking === 'rerun' && <RerunDialog batchId={batchId} unsuccessful={unsuccessful} onClose={close} />}
      {asking === 'stop' && <StopDialog batchId={batchId} open={open.length} onClose={close} />}
      {asking === 'rules' && <RulesDialog batchId={batchId} open={open} onClose={close} />}
    </header>
  );
}

/** Shows the progress of the batch in tasks, and in items of tasks with an expected count. */
function Progress({ tasks, open }: { tasks: readonly TaskSummary[]; open: number }) {
  const { done, failed, expected, from, to } = useMemo(() => summed(tasks), [tasks]);
  return (
    <dl className="facts inline">
      <div>
        <dt>Tasks</dt>
        <dd>
          {tasks.length - open} of {tasks.length} ended
        </dd>
      </div>
      {expected > 0 && (
        <div>
          <dt>Items</dt>
          <dd>
            <progress value={Math.min(done + failed, expected)} max={expected} aria-label="Items" /> {done + failed} of{' '}
            {expected}
            {failed > 0 && `, ${failed} failed`}
          </dd>
        </div>
      )}
      <div>
        <dt>Duration</dt>
        <dd>
          <Duration from={from} to={open > 0 ? null : to} />
        </dd>
      </div>
    </dl>
  );
}

/** Returns the items of tasks with an expected count, the first creation and the last end. */
function summed(tasks: readonly TaskSummary[]) {
  const sum = { done: 0, failed: 0, expected: 0, from: null as string | null, to: null as string | null };
  for (const { success, failures, expected_count, created_at, ended_at } of tasks) {
    if (expected_count !== null) {
      sum.done += success;
      sum.failed += failures;
      sum.expected += expected_count;
    }
    if (sum.from === null || created_at < sum.from) sum.from = created_at;
    if (ended_at !== null && (sum.to === null || ended_at > sum.to)) sum.to = ended_at;
  }
  return sum;
}
