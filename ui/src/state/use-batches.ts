import type { UseQueryResult } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { ListPage } from '../api/client';
import { followEvents } from '../api/events';
import type { BatchSummary } from '../api/types';
import { inTurn } from './in-turn';
import { POLL_MS, SLOW_POLL_MS, useList } from './queries';

/** Delay after the first event of a burst. */
const GATHER_MS = 400;

type BatchesById = ReadonlyMap<string, BatchSummary>;

/**
 * Returns a page of the batch list, live: events update the batches shown. New batches reload the page, and so does another
 * number of canceled tasks: events do not say whether a batch was stopped.
 */
export function useBatches(path: string): UseQueryResult<ListPage<BatchSummary>> {
  const [isLive, setLive] = useState(false);
  const [changes, setChanges] = useState<BatchesById>(new Map());
  const list = useList<BatchSummary>(path, {
    // Polling finds what events miss: older batches, and batches that begin or cease to match a filter.
    everyMs: isLive ? SLOW_POLL_MS : POLL_MS,
    select: useCallback(({ rows, hasNext }) => ({ rows: rows.map((row) => newest(row, changes)), hasNext }), [changes]),
  });
  const { data, refetch } = list;
  const shown = useRef<BatchesById>(new Map());
  useEffect(() => {
    shown.current = new Map(data?.rows.map((batch) => [batch.batch_id, batch]));
  }, [data]);

  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let gathered = new Map<string, BatchSummary>();
    // A reload that is under way is not repeated from the start: on a busy service, none would end.
    const reload = inTurn(async () => {
      if (!abort.signal.aborted) await refetch();
    });
    const apply = () => {
      const changed = gathered;
      const canceledBefore = (id: string) => shown.current.get(id)?.status_counts.canceled;
      // A batch that is not shown always reloads.
      const needsReload = [...changed].some(([id, { status_counts }]) => status_counts.canceled !== canceledBefore(id));
      gathered = new Map();
      timer = undefined;
      setChanges((before) => new Map([...before, ...changed].filter(([id]) => shown.current.has(id))));
      if (needsReload) void reload();
    };
    const handlers = {
      onReady: () => {
        setLive(true);
        void reload();
      },
      onEvent: (name: string, changed: unknown) => {
        if (name !== 'batch') return;
        const batch = changed as BatchSummary;
        gathered.set(batch.batch_id, batch);
        timer ??= setTimeout(apply, GATHER_MS);
      },
      onLost: () => setLive(false),
      onMissing: () => setLive(false),
    };
    void followEvents('/events', handlers, abort.signal);
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [refetch]);

  return list;
}

/** Events lack the added fields: those of the last reload stay. */
function newest(batch: BatchSummary, changes: BatchesById): BatchSummary {
  const changed = changes.get(batch.batch_id);
  return changed && changed.latest_updated_at >= batch.latest_updated_at ? { ...batch, ...changed } : batch;
}
