import { lazy, Suspense, useEffect, useMemo } from 'react';
import { Refusal } from '../api/client';
import type { BatchStats } from '../api/types';
import { scheduleOf, titleOf } from '../batches/titles';
import { PageLink } from '../parts/link';
import { EmptyNotice, ErrorNotice, Loading } from '../parts/notice';
import { change, useQuery } from '../state/router';
import { useLiveBatch } from '../state/use-live-batch';
import { usePolled } from '../state/use-polled';
import { TaskPanel } from '../task/task-panel';
import { BatchHeader } from './batch-header';
import { TaskTable } from './task-table';
import { Timeline } from './timeline';

/** Loaded on demand: the graph's libraries are most of the page's size. */
const GraphView = lazy(() => import('../graph/graph-view').then(({ GraphView: view }) => ({ default: view })));

const VIEWS = { graph: 'Graph', table: 'Table', timeline: 'Timeline' } as const;
type View = keyof typeof VIEWS;

export function BatchPage({ batchId }: { batchId: string }) {
  const query = useQuery();
  const { tasks, structure, liveness, error, isLoaded, reload } = useLiveBatch(batchId);
  const about = usePolled<BatchStats>(`/batch/${encodeURIComponent(batchId)}`);
  const list = useMemo(() => [...tasks.values()], [tasks]);
  const view: View = query.as && query.as in VIEWS ? (query.as as View) : 'graph';
  const selected = query.task ? tasks.get(query.task) : undefined;
  const title = about.data ? (about.data.scope ?? titleOf(about.data)) : undefined;

  useEffect(() => void (document.title = `${title ?? 'Batch'} – Hookline`), [title]);

  const select = (id: string | undefined) => change({ task: id }, query.task && id ? 'replace' : 'push');
  const isUnknown = error instanceof Refusal && (error.status === 404 || error.status === 400);
  if (!isLoaded)
    return (
      <main>
        {error === undefined ? <Loading what="the batch" /> : <ErrorNotice error={error} onRetry={reload} />}
        {isUnknown && (
          <EmptyNotice title="Retention may have removed this batch">
            <PageLink to={{}}>All batches</PageLink>
          </EmptyNotice>
        )}
      </main>
    );
  return (
    <main className={`batch as-${view}`}>
      <BatchHeader
        batchId={batchId}
        title={title}
        schedule={about.data && scheduleOf(about.data)}
        tasks={list}
        liveness={liveness}
        onChange={reload}
      />
      {error !== undefined && <ErrorNotice error={error} onRetry={reload} />}
      <nav className="tabs" aria-label="Views of the batch">
        {Object.entries(VIEWS).map(([name, words]) => (
          <PageLink
            key={name}
            to={{ ...query, as: name === 'graph' ? undefined : name, page: undefined }}
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
              <GraphView tasks={tasks} structure={structure} selectedId={selected?.id} onSelect={select} />
            </Suspense>
          )}
          {view === 'table' && <TaskTable tasks={list} selectedId={selected?.id} onSelect={select} />}
          {view === 'timeline' && <Timeline tasks={list} selectedId={selected?.id} onSelect={select} />}
        </div>
        {selected && (
          <TaskPanel
            key={selected.id}
            task={selected}
            tasks={tasks}
            links={structure.links}
            onSelect={select}
            onClose={() => select(undefined)}
            onChange={reload}
          />
        )}
      </div>
    </main>
  );
}
