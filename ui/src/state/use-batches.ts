import { useEffect, useState } from 'react';
import { followEvents } from '../api/events';
import type { BatchSummary } from '../api/types';
import { type Loaded, usePolled } from './use-polled';

const POLL_MS = 4000;
/** What events do not tell (batches beyond the newest, others that a filter lets in) is looked up so often. */
const POLL_WHILE_LIVE_MS = 20_000;
/** After the first event of a burst. */
const GATHER_MS = 300;

/** A page of the batch list, live: events say that something changed, and the list is then asked again as it is filtered. */
export function useBatches(path: string): Loaded<BatchSummary[]> {
  const [isLive, setLive] = useState(false);
  const list = usePolled<BatchSummary[]>(path, isLive ? POLL_WHILE_LIVE_MS : POLL_MS);
  const { reload } = list;
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const handlers = {
      onReady: () => setLive(true),
      onEvent: () => {
        timer ??= setTimeout(() => {
          timer = undefined;
          reload();
        }, GATHER_MS);
      },
      onLost: () => setLive(false),
      onMissing: () => setLive(false),
    };
    void followEvents('/events', handlers, abort.signal);
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [reload]);
  return list;
}
