import { lazy, Suspense, useEffect, useMemo } from 'react';
import { isUnknown } from '../api/client';
import type { BatchStats } from '../api/types';
import { titleOf } from '../batches/titles';
import { PageLink } from '../parts/link';
import { EmptyNotice, ErrorNotice, Loading } from '../parts/notice';
import { useGet } from '../state/queries';
import { change, useAddress } from '../state/router';
import { useLiveBatch } from '../state/use-live-batch';
import { useFilteredTasks } from '../task/task-filter';
import { TaskPanel } from '../task/task-panel';
import { BatchActivity } from './batch-activity';
import { BatchHeader } from './batch-header';
import { TaskTable } from './task-table';
import { Timeline } from './timeline';

/** Loaded on demand: the graph's libraries are most of the page's size. */
const GraphView = lazy(() => import('../graph/graph-view').then(({ GraphView: view }) => ({ default: view })));

const VIEWS = { graph: 'Graph', table: 'Table', timeline: 'Timeline', activity: 'Activity' } as const;
type View = keyof typeof VIEWS;

/** Opens a task beside the batch, or closes it. */
const select = (id: string | undefined) =>
  change({ task: id }, id && new URLSearchParams(window.location.search).has('task') ? 'replace' : 'push');

export function BatchPage({ batchId }: { batchId: string }) {
  const address = useAddress();
  const graph = useLiveBatch(batchId);
  const about = useGet<BatchStats>(`/batch/${encodeURIComponent(batchId)}`, { everyMs: false });
  const list = useMemo(() => [...(graph.data?.tasks.values() ?? [])], [graph.data]);
  const filtered = useFilteredTasks(list);
  const view: View = address.as && address.as in VIEWS ? (address.as as View) : 'graph';
  const title = about.data ? (about.data.scope ?? titleOf(about.data)) : undefined;

  useEffect(() => void (document.title = `${title ?? 'Batch'} – Hookline`), [title]);

  const { error } = graph;
  const notice = error && <ErrorNotice error={error} onRetry={() => void graph.refetch()} />;
  const isAbsent = isUnknown(error);
  if (!graph.data)
    return (
      <main>
        {notice ?? <Loading what="the batch" />}
        {isAbsent && (
          <EmptyNotice title="Retention may have removed this batch">
            <PageLink to={{}}>All batches</PageLink>
          </EmptyNotice>
        )}
      </main>
    );
  const { tasks, structure } = graph.data;
  const selected = address.task ? tasks.get(address.task) : undefined;
  return (
    <main className={`batch as-${view}`}>
      <BatchHeader batchId={batchId} about={about} title={title} tasks={list} />
      {notice}
      {address.task && !selected && (
        <EmptyNotice title="This batch has no such task">
          <PageLink to={{ ...address, task: undefined }}>Dismiss</PageLink>
        </EmptyNotice>
      )}
      <nav className="tabs" aria-label="Views of the batch">
        {Object.entries(VIEWS).map(([name, words]) => (
          <PageLink
            key={name}
            to={{ ...address, as: name === 'graph' ? undefined : name, page: undefined }}
            isCurrent={view === name}
          >
            {words}
          </PageLink>
        ))}
      </nav>
      <div className="stage">
        <div className="stage-main">
          {view === 'graph' && (
            <Suspense fallback={<Loading what="the graph" />}>
              <GraphView
                tasks={tasks}
                structure={structure}
                filtered={filtered}
                selectedId={selected?.id}
                onSelect={select}
              />
            </Suspense>
          )}
          {view === 'table' && (
            <TaskTable tasks={list} found={filtered ?? list} selectedId={selected?.id} onSelect={select} />
          )}
          {view === 'timeline' && (
            <Timeline tasks={list} found={filtered ?? list} selectedId={selected?.id} onSelect={select} />
          )}
          {view === 'activity' && <BatchActivity batchId={batchId} tasks={tasks} />}
        </div>
        {selected && (
          <TaskPanel
            key={selected.id}
            task={selected}
            tasks={tasks}
            links={structure.links}
            onSelect={select}
            onClose={() => select(undefined)}
          />
        )}
      </div>
    </main>
  );
}
