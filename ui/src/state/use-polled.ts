import { useCallback, useEffect, useState } from 'react';
import { get } from '../api/client';

export interface Loaded<T> {
  /** The last answer; while another one is loaded, and after a fault, the one before it. */
  data: T | undefined;
  error: unknown;
  /** Whether `data` is what this path answered, and not a path before it. */
  isCurrent: boolean;
  reload: () => void;
}

interface State<T> {
  path: string | null;
  data: T | undefined;
  error: unknown;
}

/**
 * What the service answers to a GET, asked again every so often.
 * @param path null: nothing is asked.
 * @param everyMs 0: only once, and whenever `reload` is called.
 * @param version it is also asked again when this changes.
 */
export function usePolled<T>(path: string | null, everyMs = 0, version = ''): Loaded<T> {
  const [state, setState] = useState<State<T>>({ path: null, data: undefined, error: undefined });
  const [round, setRound] = useState(0);

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
  }, [path, everyMs, version, round]);

  const reload = useCallback(() => setRound((before) => before + 1), []);
  return { data: state.data, error: state.error, isCurrent: state.path === path, reload };
}
