import type { Action, BatchRequest, TaskRequest } from './types.ts';

/** A task of a graph that is being built, for others to depend on. */
export interface TaskHandle<Id extends string = string> {
  /** Its local id. */
  readonly id: Id;
  readonly graph: Graph;
}

/** What a graph says of a task: the fields of the wire, but dependencies are handles or local ids. */
export interface TaskSpec extends Omit<TaskRequest, 'id' | 'name' | 'dependencies'> {
  /** What people call it; its local id unless it says otherwise. */
  name?: string;
  /** These must succeed, or this task fails with them. */
  requires?: readonly (TaskHandle | string)[];
  /** These must have ended, however. */
  after?: readonly (TaskHandle | string)[];
}

export type GraphOptions = Omit<BatchRequest, 'tasks'>;

/**
 * Builds a batch. What can be seen here is refused here, with a `TypeError`, before anything is sent: a local id that is
 * used twice, or a dependency that is not in the graph yet (so no cycle can be written).
 *
 * ```ts
 * const graph = new Graph({ scope: 'release-7' });
 * const build = graph.task('build', { kind: 'build', on_start: webhook('https://worker.example.com/build') });
 * graph.task('deploy', { kind: 'deploy', requires: [build], on_start: webhook('https://worker.example.com/deploy') });
 * ```
 */
export class Graph {
  private readonly tasks = new Map<string, TaskRequest>();

  constructor(private readonly options: GraphOptions = {}) {}

  /**
   * Adds a task.
   * @param id a local name, unique in the graph.
   * @throws {TypeError}
   */
  task<const Id extends string>(id: Id, spec: TaskSpec): TaskHandle<Id> {
    if (!id) throw new TypeError('A task needs a local id');
    if (this.tasks.has(id)) throw new TypeError(`There is a task "${id}" already`);
    const { requires = [], after = [], name = id, ...rest } = spec;
    const dependencies = [
      ...requires.map((parent) => ({ id: this.idOf(parent, id), requires_success: true })),
      ...after.map((parent) => ({ id: this.idOf(parent, id), requires_success: false })),
    ];
    const twice = dependencies.find((one, i) => dependencies.findIndex((other) => other.id === one.id) !== i);
    if (twice) throw new TypeError(`"${id}" names its dependency "${twice.id}" twice`);
    this.tasks.set(id, { ...rest, id, name, ...(dependencies.length > 0 && { dependencies }) });
    return { id, graph: this };
  }

  /** The request that creates it. */
  toJSON(): BatchRequest {
    return { ...this.options, tasks: [...this.tasks.values()] };
  }

  private idOf(parent: TaskHandle | string, child: string): string {
    const id = typeof parent === 'string' ? parent : parent.id;
    if (typeof parent !== 'string' && parent.graph !== this)
      throw new TypeError(`"${child}" depends on "${id}" of another graph`);
    if (!this.tasks.has(id)) throw new TypeError(`"${child}" depends on "${id}", which is not in the graph yet`);
    return id;
  }
}

/** A call to a receiver; by POST unless it says otherwise. */
export function webhook(url: string, rest: Partial<Omit<Action['params'], 'url'>> = {}): Action {
  return { kind: 'Webhook', params: { verb: 'Post', ...rest, url } };
}
