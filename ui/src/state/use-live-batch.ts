import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { withQuery } from '../api/client';
import { followEvents } from '../api/events';
import { TASK_FIELDS, type TaskSummary } from '../api/types';
import { type Graph, LiveGraph } from './live-graph';
import { POLL_MS } from './queries';

/** A stream that needs longer to begin is not waited for. */
const PATIENCE_MS = 2000;

/** Returns the graph of a batch and keeps it up to date: by events, or by polling without an event stream. */
export function useLiveBatch(batchId: string): UseQueryResult<Graph> {
  const [graph] = useState(() => new LiveGraph(batchId));
  const [mode, setMode] = useState<'connecting' | 'live' | 'polling'>('connecting');

  useEffect(() => {
    const abort = new AbortController();
    const poll = () => setMode('polling');
    const timer = setTimeout(() => setMode((before) => (before === 'connecting' ? 'polling' : before)), PATIENCE_MS);
    void followEvents(
      withQuery(`/batch/${encodeURIComponent(batchId)}/events`, TASK_FIELDS),
      {
        onReady: () => {
          setMode('live');
          // The first load has not begun yet, and needs no repetition.
          void graph.reload();
        },
        onEvent: (name, data) => {
          if (name === 'task') graph.receive(data as TaskSummary);
        },
        onLost: poll,
        onMissing: poll,
      },
      abort.signal,
    );
    return () => {
      abort.abort();
      clearTimeout(timer);
      graph.close();
    };
  }, [batchId, graph]);

  return useQuery({
    queryKey: graph.key,
    queryFn: graph.load,
    // What is loaded after the stream has begun misses no change.
    enabled: mode !== 'connecting',
    refetchInterval: mode === 'polling' ? POLL_MS : false,
    structuralSharing: false,
  });
}
