import { useCallback, useEffect, useRef, useState } from 'react';
import { get } from '../api/client';
import { followEvents } from '../api/events';
import type { Dag, Link, Task } from '../api/types';

/** `live`: changes come as events. `polling`: they are asked for. `lost`: neither works now. */
export type Liveness = 'connecting' | 'live' | 'polling' | 'lost';

/** What does not change while tasks run: it is the same object until the graph grows. */
export interface Structure {
  nodes: readonly { id: string; kind: string }[];
  links: readonly Link[];
}

export interface LiveBatch {
  tasks: ReadonlyMap<string, Task>;
  structure: Structure;
  liveness: Liveness;
  error: unknown;
  isLoaded: boolean;
  /** Loads everything anew, e.g. after an action, where changes are not told. */
  reload: () => void;
}

type State = Pick<LiveBatch, 'tasks' | 'structure' | 'isLoaded'>;

const EMPTY: State = { tasks: new Map(), structure: { nodes: [], links: [] }, isLoaded: false };
const POLL_MS = 2000;
/** Events of so long become one new picture: a thousand changes a second must not draw a thousand times. */
const GATHER_MS = 120;

/** A batch's graph, as it is now and from now on. */
export function useLiveBatch(batchId: string): LiveBatch {
  const [state, setState] = useState<State>(EMPTY);
  const [liveness, setLiveness] = useState<Liveness>('connecting');
  const [error, setError] = useState<unknown>();
  const reloadNow = useRef<() => void>(() => undefined);

  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let gathered: Task[] = [];
    let isPolling = false;
    /** Tasks that an event told of since the last load began: what it answers about them may be older. */
    let told = new Set<string>();
    const known = new Set<string>();

    const load = async () => {
      told = new Set();
      try {
        const dag = await get<Dag>(`/dag/${encodeURIComponent(batchId)}`, abort.signal);
        const newer = told;
        dag.tasks.forEach(({ id }) => known.add(id));
        setState((before) => merged(before, dag, newer));
        setError(undefined);
        if (isPolling) setLiveness('polling');
      } catch (fault) {
        if (abort.signal.aborted) return;
        setError(fault);
        setLiveness((before) => (before === 'live' ? before : 'lost'));
      }
    };
    const poll = async () => {
      isPolling = true;
      await load();
      if (!abort.signal.aborted && isPolling) timer = setTimeout(() => void poll(), POLL_MS);
    };
    const stopPolling = () => {
      isPolling = false;
      clearTimeout(timer);
    };
    const apply = () => {
      const changed = gathered;
      gathered = [];
      if (abort.signal.aborted) return;
      setState((before) => withTasks(before, changed));
      // The graph has grown, and only the whole of it has the links.
      if (known.size > 0 && changed.some(({ id }) => !known.has(id))) void load();
    };

    reloadNow.current = () => void load();
    void followEvents(
      `/batch/${encodeURIComponent(batchId)}/events`,
      {
        onReady: () => {
          stopPolling();
          setLiveness('live');
          void load();
        },
        onEvent: (name, data) => {
          if (name !== 'task') return;
          if (gathered.length === 0) setTimeout(apply, GATHER_MS);
          const task = data as Task;
          told.add(task.id);
          gathered.push(task);
        },
        onLost: () => void (isPolling || poll()),
        onMissing: () => void (isPolling || poll()),
      },
      abort.signal,
    );
    return () => {
      abort.abort();
      stopPolling();
    };
  }, [batchId]);

  const reload = useCallback(() => reloadNow.current(), []);
  return { ...state, liveness, error, reload };
}

/** Tasks that did not change stay the same objects, and so does the structure, so that only what changed is drawn anew. */
function merged(before: State, dag: Dag, newer: ReadonlySet<string>): State {
  const now = (task: Task) => {
    const old = before.tasks.get(task.id);
    return old && newer.has(task.id) ? old : kept(old, task);
  };
  const tasks = new Map(dag.tasks.map((task) => [task.id, now(task)]));
  // Tasks and links are only ever added, or removed with their batch.
  const { nodes, links } = before.structure;
  if (nodes.length === dag.tasks.length && links.length === dag.links.length)
    return { tasks, structure: before.structure, isLoaded: true };
  const structure = { nodes: dag.tasks.map(({ id, kind }) => ({ id, kind })), links: dag.links };
  return { tasks, structure, isLoaded: true };
}

function withTasks(before: State, changed: readonly Task[]): State {
  const tasks = new Map(before.tasks);
  for (const task of changed) tasks.set(task.id, kept(tasks.get(task.id), task));
  return { ...before, tasks };
}

function kept(before: Task | undefined, now: Task): Task {
  if (!before) return now;
  const keys = Object.keys(now) as (keyof Task)[];
  return keys.every((key) => before[key] === now[key]) ? before : now;
}
