import { newId } from '../../database/new-id';
import type { Action } from '../../domain/action';
import type { TraceContext } from '../../domain/trace-context';
import { timeOf } from '../../http/is-time';
import { RuleDto } from '../../rules/dto/rule.dto';
import { ActionDto } from '../../webhook/dto/action.dto';
import { targetOf } from '../../webhook/target';
import type { CreateRequestDto } from '../dto/create-request.dto';
import type { AddTasksDto } from '../dto/add-tasks.dto';
import type { CreateTaskDto, DependencyDto } from '../dto/create-task.dto';
import { RetryDto } from '../dto/retry.dto';
import type { NewBatch, NewLink, NewTask } from '../sql/create-tasks';
import type { Duplicates, Original } from './dedupe';

const DEFAULT_TIMEOUT_SECS = 60;

/** New tasks as rows. */
export interface NewTasks {
  tasks: NewTask[];
  links: NewLink[];
  /** New tasks that fail at once, because they require an existing task that failed or was canceled. */
  failedDescendants: { id: string; parentId: string }[];
}

/** A valid request as rows. */
export interface NewGraph extends NewTasks {
  batch: NewBatch;
}

/** Properties that all rows of a request share. */
export interface Origin {
  batchId: string;
  /** Absent if the request belongs to no trace. */
  trace?: TraceContext;
}

/** The task that a local id refers to: one of this request, or an existing one. */
type Source = Original & {
  /** Whether this request creates it. Then it has not ended yet, even if its status says how it will end. */
  isNew?: boolean;
};
/** A task at the other end of a new link. */
type Linked = Source & { requires_success: boolean };

const isFailed = ({ status }: Source) => status === 'Failure' || status === 'Canceled';
const isViolated = (parent: Linked) => parent.requires_success && isFailed(parent);
const isSatisfied = (parent: Linked) => parent.status === 'Success' || (!parent.requires_success && isFailed(parent));

/**
 * Turns a valid request into rows. Ids are UUIDs in the order of time, so parents precede their children by id, as they do
 * in the request. Duplicates are left out; their dependents are linked to the original.
 */
export function buildGraph(request: CreateRequestDto, origin: Origin, duplicates?: Duplicates): NewGraph {
  const { batchId, trace } = origin;
  const onComplete = actions(request.on_batch_complete);
  const graph = buildTasks(request, origin, { awaited: onComplete !== undefined, duplicates });
  const batch: NewBatch = {
    id: batchId,
    scope: request.scope ?? null,
    metadata: request.metadata ?? null,
    on_complete: onComplete,
    open_tasks: onComplete ? graph.tasks.length : 0,
    trace,
  };
  return { batch, ...graph };
}

/** What new tasks meet. */
interface Surroundings {
  /** The completion of their batch is to be told. */
  awaited: boolean;
  duplicates?: Duplicates;
  /** Tasks of their batch, by the names that the request uses for them. */
  existing?: ReadonlyMap<string, Original>;
}

/** Turns new tasks of a batch into rows. */
export function buildTasks(
  { tasks }: AddTasksDto,
  { batchId, trace }: Origin,
  { awaited, duplicates, existing = new Map() }: Surroundings,
): NewTasks {
  const graph: NewTasks = { tasks: [], links: [], failedDescendants: [] };
  const sources = new Map<string, Source>(existing);
  for (const dto of tasks) {
    const duplicate = duplicates?.of(dto);
    if (duplicate) {
      sources.set(dto.id, duplicate);
      continue;
    }
    const id = newId();
    const parents = tasksIn(dto.dependencies, sources);
    const open_parents = parents.filter((parent) => parent.isNew || !isSatisfied(parent)).length;
    const cause = parents.find(isViolated);
    // A descendant of a new task fails together with it.
    if (cause && !cause.isNew) graph.failedDescendants.push({ id, parentId: cause.id });
    const status = open_parents > 0 ? 'Waiting' : 'Pending';
    graph.links.push(...parents.map((parent) => linkTo(id, parent)));
    for (const child of tasksIn(dto.before, existing)) graph.links.push(linkTo(child.id, { ...child, id }));
    const within = { batch_id: batchId, batch_awaited: awaited, trace };
    graph.tasks.push({ id, ...within, status, open_parents, ...fieldsOf(dto) });
    const waits = parents.some((parent) => !isSatisfied(parent));
    const source: Source = { id, status: cause ? 'Failure' : waits ? 'Waiting' : 'Pending', isNew: true };
    sources.set(dto.id, source);
    duplicates?.add(dto, source);
  }
  return graph;
}

const linkTo = (child_id: string, { id, requires_success }: Pick<Linked, 'id' | 'requires_success'>): NewLink => ({
  parent_id: id,
  child_id,
  requires_success,
});

/** Several names may stand for one task: it gets one link, which is required if any of the references requires success. */
function tasksIn(
  references: readonly DependencyDto[] | null | undefined,
  sources: ReadonlyMap<string, Source>,
): Linked[] {
  const tasks = new Map<string, Linked>();
  for (const { id: localId, requires_success } of references ?? []) {
    const source = sources.get(localId)!;
    const before = tasks.get(source.id);
    tasks.set(source.id, { ...source, requires_success: requires_success || before?.requires_success === true });
  }
  return [...tasks.values()];
}

function fieldsOf(
  dto: CreateTaskDto,
): Omit<NewTask, 'id' | 'batch_id' | 'batch_awaited' | 'trace' | 'status' | 'open_parents'> {
  return {
    local_id: dto.id,
    name: dto.name,
    kind: dto.kind,
    priority: dto.priority ?? 0,
    timeout_secs: dto.timeout ?? DEFAULT_TIMEOUT_SECS,
    expected_count: dto.expected_count ?? null,
    dead_end_barrier: dto.dead_end_barrier ?? false,
    metadata: dto.metadata ?? undefined,
    retry: dto.retry ? RetryDto.toPolicy(dto.retry) : undefined,
    run_at: dto.run_at ? timeOf(dto.run_at).toISOString() : undefined,
    delay_secs: dto.delay_secs || undefined,
    rules: dto.rules && dto.rules.length > 0 ? dto.rules.map((rule) => RuleDto.toRule(rule)) : undefined,
    host_id: targetOf(dto.on_start.params.url).hostId,
    on_start: ActionDto.toAction(dto.on_start),
    on_success: actions(dto.on_success),
    on_failure: actions(dto.on_failure),
  };
}

/** An empty list is stored as none, which takes no space. */
function actions(dtos: ActionDto[] | null | undefined): Action[] | undefined {
  return dtos && dtos.length > 0 ? dtos.map((dto) => ActionDto.toAction(dto)) : undefined;
}
