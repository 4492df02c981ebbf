import { get, withQuery } from '../api/client';
import { type Dag, type Link, TASK_FIELDS, type TaskSummary } from '../api/types';
import { inTurn } from './in-turn';
import { queries } from './queries';

/** The part that does not change while tasks run. It stays the same object until the graph grows. */
export interface Structure {
  nodes: readonly { id: string; kind: string }[];
  links: readonly Link[];
}

export interface Graph {
  tasks: ReadonlyMap<string, TaskSummary>;
  structure: Structure;
}

const EMPTY: Graph = { tasks: new Map(), structure: { nodes: [], links: [] } };
/** A graph of 100,000 tasks takes a while. */
const LOAD_MS = 60_000;
/** Events of this time are drawn together: there may be a thousand a second. */
const GATHER_MS = 120;

/** The graph of a batch in the cache: loaded as a whole, and updated by events. */
export class LiveGraph {
  readonly key: readonly string[];
  /** Tasks with an event since the last load began: the answer may have an older form of them. */
  private updated = new Set<string>();
  private gathered: TaskSummary[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly batchId: string) {
    this.key = ['graph', batchId];
  }

  /** Loads the graph, and keeps what events have told meanwhile. */
  readonly load = async ({ signal }: { signal: AbortSignal }): Promise<Graph> => {
    const newer = (this.updated = new Set());
    const dag = await get<Dag>(withQuery(`/dag/${encodeURIComponent(this.batchId)}`, TASK_FIELDS), signal, LOAD_MS);
    return merged(this.current ?? EMPTY, dag, newer);
  };

  /** Loads it again: at once, or after the load that is under way. */
  readonly reload = inTurn(() => queries.refetchQueries({ queryKey: this.key }));

  /** Takes a task of an event. */
  receive(task: TaskSummary): void {
    this.updated.add(task.id);
    this.gathered.push(task);
    this.applySoon();
  }

  /** Takes no more events. */
  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.gathered = [];
  }

  private applySoon(): void {
    this.timer ??= setTimeout(() => this.apply(), GATHER_MS);
  }

  private apply(): void {
    this.timer = undefined;
    const before = this.current;
    // The first load may have read an older form of these tasks: they are kept until it is there.
    if (!before) return this.applySoon();
    const changed = this.gathered;
    this.gathered = [];
    queries.setQueryData(this.key, withTasks(before, changed));
    // New links come only with the whole graph.
    if (changed.some(({ id }) => !before.tasks.has(id))) void this.reload();
  }

  private get current(): Graph | undefined {
    return queries.getQueryData<Graph>(this.key);
  }
}

/** Keeps unchanged tasks and an unchanged structure as the same objects, so that only changes are drawn. */
function merged(before: Graph, dag: Dag, newer: ReadonlySet<string>): Graph {
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
    return { tasks, structure: before.structure };
  return { tasks, structure: { nodes: dag.tasks.map(({ id, kind }) => ({ id, kind })), links: dag.links } };
}

function withTasks({ tasks, structure }: Graph, changed: readonly TaskSummary[]): Graph {
  const all = new Map(tasks);
  for (const task of changed) all.set(task.id, kept(all.get(task.id), task));
  return { tasks: all, structure };
}

function kept(before: TaskSummary | undefined, now: TaskSummary): TaskSummary {
  if (!before) return now;
  const keys = Object.keys(now) as (keyof TaskSummary)[];
  return keys.every((key) => before[key] === now[key]) ? before : now;
}
