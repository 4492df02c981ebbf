import { useCallback, useEffect, useState } from 'react';
import { get } from '../api/client';

export interface Loaded<T> {
  /** The last successful answer. */
  data: T | undefined;
  error: unknown;
  /** Whether `data` is the answer of the current path, not of a previous one. */
  isCurrent: boolean;
  reload: () => void;
}

interface State<T> {
  path: string | null;
  data: T | undefined;
  error: unknown;
}

/**
 * Returns the answer to a GET request, and repeats the request.
 * @param path null: no request.
 * @param everyMs interval; 0: only once, and whenever `reload` is called.
 * @param version a change repeats the request at once.
 */
export function usePolled<T>(path: string | null, everyMs = 0, version = ''): Loaded<T> {
  const [state, setState] = useState<State<T>>({ path: null, data: undefined, error: undefined });
  const [reloads, setReloads] = useState(0);

  useEffect(() => {
    if (path === null) return;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async () => {
      try {
        const data = await get<T>(path, abort.signal);
        if (!abort.signal.aborted) setState({ path, data, error: undefined });
      } catch (error) {
        if (!abort.signal.aborted) setState(({ data }) => ({ path, data, error }));
      }
      if (everyMs > 0 && !abort.signal.aborted) timer = setTimeout(() => void load(), everyMs);
    };
    void load();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [path, everyMs, version, reloads]);

  const reload = useCallback(() => setReloads((before) => before + 1), []);
  return { data: state.data, error: state.error, isCurrent: state.path === path, reload };
}
