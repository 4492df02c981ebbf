import { iso, type Time } from './time.ts';
import type { Action, AddedTaskRequest, BatchRequest, TaskRequest } from './types.ts';

/** A task in a graph, for other tasks to depend on. */
export interface TaskHandle<Id extends string = string> {
  /** Local id. */
  readonly id: Id;
  readonly graph: Graph<object>;
}

/** The ids of tasks by local id. A duplicate that was not created has none. */
export type AnyIds = Readonly<Record<string, string | undefined>>;

/** `Ids` with one more. The first named id makes any other id unknown. */
export type With<Ids, More> = string extends keyof Ids ? More : Ids & More;

type Uuid = `${string}-${string}-${string}-${string}-${string}`;

/** A task to add: the fields of the API, with dependencies as handles or local ids. */
export interface TaskSpec<ParentId extends string = string> extends Omit<
  TaskRequest,
  'id' | 'name' | 'dependencies' | 'run_at' | 'delay_secs'
> {
  /** Name shown to people; default: the local id. */
  name?: string;
  /** Tasks that must succeed, or this task fails too. The UUID of an existing task is allowed in `addTasks`. */
  requires?: readonly (TaskHandle | ParentId | Uuid)[];
  /** Tasks that must end, in any way. */
  after?: readonly (TaskHandle | ParentId | Uuid)[];
  /** Existing `Waiting` tasks that fail if this one does not succeed, by id or local id; only in `addTasks`. */
  requiredBy?: readonly string[];
  /** Existing `Waiting` tasks that wait for the end of this one, by id or local id; only in `addTasks`. */
  before?: readonly string[];
  /** Time before which the task does not start. Not together with `delay`. */
  runAt?: Time;
  /** Seconds to wait after the creation, or after the end of the last parent. */
  delay?: number;
}

/** Settings of the batch; not in `addTasks`. */
export type GraphOptions = Omit<BatchRequest, 'tasks'>;

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

const links = (required: readonly string[], ended: readonly string[]) => [
  ...required.map((id) => ({ id, requires_success: true })),
  ...ended.map((id) => ({ id, requires_success: false })),
];

/**
 * Builds a batch, or what to add to one. Throws a `TypeError` for a local id that is used twice, and for a dependency that
 * is not in the graph yet; so a graph has no cycles. A UUID is taken for the id of an existing task.
 *
 * ```ts
 * const graph = new Graph({ scope: 'release-7' });
 * const build = graph.task('build', { kind: 'build', on_start: webhook('https://worker.example.com/build') });
 * graph.task('deploy', { kind: 'deploy', requires: [build], on_start: webhook('https://worker.example.com/deploy') });
 * ```
 *
 * `Ids` is the type of the ids that its creation returns. A chain of `add` knows them; `task` leaves them open.
 */
export class Graph<Ids extends object = AnyIds> {
  private readonly tasks = new Map<string, AddedTaskRequest>();

  constructor(private readonly options: GraphOptions = {}) {}

  /**
   * Adds a task.
   * @param id local id, unique in the graph.
   * @throws {TypeError}
   * @throws {RangeError} if `runAt` is an invalid date.
   */
  task<const Id extends string>(id: Id, spec: TaskSpec): TaskHandle<Id> {
    if (!id) throw new TypeError('A task needs a local id');
    if (this.tasks.has(id)) throw new TypeError(`There is a task "${id}" already`);
    const { requires = [], after = [], requiredBy = [], before = [], name = id, runAt, delay, ...rest } = spec;
    const idOf = (parent: TaskHandle | string) => this.idOf(parent, id);
    const dependencies = links(requires.map(idOf), after.map(idOf));
    const children = links(requiredBy, before);
    for (const one of [dependencies, children]) {
      const twice = one.find((link, i) => one.findIndex((other) => other.id === link.id) !== i);
      if (twice) throw new TypeError(`"${id}" names "${twice.id}" twice`);
    }
    this.tasks.set(id, {
      ...rest,
      id,
      name,
      ...(runAt !== undefined && { run_at: iso(runAt) }),
      ...(delay !== undefined && { delay_secs: delay }),
      ...(dependencies.length > 0 && { dependencies }),
      ...(children.length > 0 && { before: children }),
    });
    return { id, graph: this };
  }

  /**
   * Adds a task as `task` does, and returns the graph, whose type knows the local id.
   *
   * ```ts
   * const graph = new Graph()
   *   .add('build', { kind: 'build', on_start: webhook('https://worker.example.com/build') })
   *   .add('deploy', { kind: 'deploy', requires: ['build'], on_start: webhook('https://worker.example.com/deploy') });
   * const { ids } = await hookline.create(graph); // { build: string; deploy: string }
   * ```
   * @throws {TypeError}
   * @throws {RangeError} if `runAt` is an invalid date.
   */
  add<const Id extends string>(
    id: Id,
    spec: TaskSpec<keyof Ids & string> & { dedupe_strategy?: undefined },
  ): Graph<With<Ids, { readonly [id in Id]: string }>>;
  /** A task with a `dedupe_strategy` may have no id, because it may be a duplicate. */
  add<const Id extends string>(
    id: Id,
    spec: TaskSpec<keyof Ids & string>,
  ): Graph<With<Ids, { readonly [id in Id]: string | undefined }>>;
  add(id: string, spec: TaskSpec): Graph<object> {
    this.task(id, spec);
    return this;
  }

  /** Returns the request that creates the graph. */
  toJSON(): BatchRequest {
    return { ...this.options, tasks: [...this.tasks.values()] };
  }

  private idOf(parent: TaskHandle | string, child: string): string {
    const id = typeof parent === 'string' ? parent : parent.id;
    if (typeof parent !== 'string' && parent.graph !== this)
      throw new TypeError(`"${child}" depends on "${id}" of another graph`);
    if (!this.tasks.has(id) && !UUID.test(id))
      throw new TypeError(`"${child}" depends on "${id}", which is not in the graph yet`);
    return id;
  }
}

type Params = Action['params'];

/** Verb, headers and body of the request, and the settings of the action. */
export type WebhookOptions<Body = Params['body']> = Partial<Omit<Params, 'url' | 'body'>> & { body?: Body } & Omit<
    Action,
    'kind' | 'params'
  >;

/** Creates an action that calls a receiver, with POST by default. `Body` is the type that its handler expects. */
export function webhook<Body = Params['body']>(url: string, options: WebhookOptions<NoInfer<Body>> = {}): Action {
  const { verb = 'Post', headers, body, ...settings } = options;
  return { kind: 'Webhook', params: { verb, headers, body: body as Params['body'], url }, ...settings };
}
