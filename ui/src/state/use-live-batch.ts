import { useCallback, useEffect, useRef, useState } from 'react';
import { get } from '../api/client';
import { followEvents } from '../api/events';
import type { Dag, Link, TaskSummary } from '../api/types';
import { inTurn } from './in-turn';

/** `live`: changes come as events. `polling`: they are polled. `lost`: neither works. */
export type Liveness = 'connecting' | 'live' | 'polling' | 'lost';

/** The part that does not change while tasks run. It stays the same object until the graph grows. */
export interface Structure {
  nodes: readonly { id: string; kind: string }[];
  links: readonly Link[];
}

export interface LiveBatch {
  tasks: ReadonlyMap<string, TaskSummary>;
  structure: Structure;
  liveness: Liveness;
  error: unknown;
  isLoaded: boolean;
  /** Loads everything again, e.g. after an action without an event stream. */
  reload: () => void;
}

type State = Pick<LiveBatch, 'tasks' | 'structure' | 'isLoaded'>;

const EMPTY: State = { tasks: new Map(), structure: { nodes: [], links: [] }, isLoaded: false };
const POLL_MS = 2000;
/** Events of this time are drawn together: there may be a thousand a second. */
const GATHER_MS = 120;

/** Returns the graph of a batch and keeps it up to date. */
export function useLiveBatch(batchId: string): LiveBatch {
  const [state, setState] = useState<State>(EMPTY);
  const [liveness, setLiveness] = useState<Liveness>('connecting');
  const [error, setError] = useState<unknown>();
  const reloadNow = useRef<() => void>(() => undefined);

  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let gathered: TaskSummary[] = [];
    let isPolling = false;
    /** Tasks with an event since the last load began: the answer may have an older form of them. */
    let updated = new Set<string>();
    const known = new Set<string>();

    const load = inTurn(async () => {
      if (abort.signal.aborted) return;
      updated = new Set();
      try {
        const dag = await get<Dag>(`/dag/${encodeURIComponent(batchId)}`, abort.signal);
        const newer = updated;
        dag.tasks.forEach(({ id }) => known.add(id));
        setState((before) => merged(before, dag, newer));
        setError(undefined);
        if (isPolling) setLiveness('polling');
      } catch (fault) {
        if (abort.signal.aborted) return;
        setError(fault);
        setLiveness((before) => (before === 'live' ? before : 'lost'));
      }
    });
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
      // A new task, with which new links come; only the whole graph has them.
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
          const task = data as TaskSummary;
          updated.add(task.id);
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

/** Keeps unchanged tasks and an unchanged structure as the same objects, so that only changes are drawn. */
function merged(before: State, dag: Dag, newer: ReadonlySet<string>): State {
  const now = (task: TaskSummary) => {
    const old = before.tasks.get(task.id);
    return old && newer.has(task.id) ? old : kept(old, task);
  };
  const tasks = new Map(dag.tasks.map((task) => [task.id, now(task)]));
  // The graph was read before these tasks were added to it.
  for (const id of newer) {
    const added = before.tasks.get(id);
    if (added && !tasks.has(id)) tasks.set(id, added);
  }
  // Tasks and links are only ever added, or removed with their batch.
  const { nodes, links } = before.structure;
  if (nodes.length === dag.tasks.length && links.length === dag.links.length)
    return { tasks, structure: before.structure, isLoaded: true };
  const structure = { nodes: dag.tasks.map(({ id, kind }) => ({ id, kind })), links: dag.links };
  return { tasks, structure, isLoaded: true };
}

function withTasks(before: State, changed: readonly TaskSummary[]): State {
  const tasks = new Map(before.tasks);
  for (const task of changed) tasks.set(task.id, kept(tasks.get(task.id), task));
  return { ...before, tasks };
}

function kept(before: TaskSummary | undefined, now: TaskSummary): TaskSummary {
  if (!before) return now;
  const keys = Object.keys(now) as (keyof TaskSummary)[];
  return keys.every((key) => before[key] === now[key]) ? before : now;
}
