import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import { graphFaults } from '../../dag/graph';
import { InvalidRequest } from '../../domain/errors';
import { bounded } from '../../http/faults';
import { UnacceptableBody } from '../../http/json-body';
import type { Dto } from '../../http/nested';
import { check } from '../../http/validation';
import type { ActionDto } from '../../webhook/dto/action.dto';
import { TargetPolicy } from '../../webhook/ssrf/target-policy';
import { CreateRequestDto } from '../dto/create-request.dto';
import { type AddTaskDto, AddTasksDto } from '../dto/add-tasks.dto';
import type { CreateTaskDto } from '../dto/create-task.dto';

/** Validates creation requests. */
@Injectable()
export class ValidateRequest {
  private readonly limits: Config['limits'];

  constructor(
    private readonly targets: TargetPolicy,
    @Inject(CONFIG) { limits }: Config,
  ) {
    this.limits = limits;
  }

  /**
   * Validates the JSON of a request, every field, the targets of webhooks, the limits, and the references between tasks.
   * @param body the body as received.
   * @param batchId identifies the refused request in the error and in logs.
   * @throws {InvalidRequest} with all faults.
   */
  validate(body: unknown, batchId: string): CreateRequestDto {
    return this.validated(CreateRequestDto, body, batchId, referenceFaults);
  }

  /**
   * Validates a request that adds tasks to a batch. Dependencies that it does not define may be tasks of the batch.
   * @param body the body as received.
   * @throws {InvalidRequest} with all faults.
   */
  validateAddition(body: unknown, batchId: string): AddTasksDto {
    return this.validated(AddTasksDto, body, batchId, (request) => additionFaults(request, this.limits));
  }

  private validated<T extends CreateRequestDto | AddTasksDto>(
    dto: Dto<T>,
    body: unknown,
    batchId: string,
    furtherFaults: (request: T) => Iterable<string>,
  ): T {
    const { error, faults: known, value, tooDeep } = body instanceof UnacceptableBody ? body : contentOf(body);
    const refuse = (faults: string[]) => new InvalidRequest(error, faults, { batch_id: batchId });
    if (value === undefined || tooDeep) throw refuse(known);
    const sent = Array.isArray(value) ? { tasks: value } : (value as { tasks?: unknown });
    const tooLarge = sizeFault(list(sent?.tasks as unknown[]), this.limits);
    if (tooLarge) throw refuse([...known, tooLarge]);
    const { value: request, faults: fieldFaults } = check(dto, sent);
    const { limits, targets } = this;
    const faults = bounded(
      chain(known, fieldFaults, limitFaults(request, limits), targetFaults(request, targets), furtherFaults(request)),
    );
    if (faults.length > 0) throw refuse(faults);
    return request;
  }
}

/** Returns the fault of a request that is too large to be validated task by task. */
function sizeFault(tasks: unknown[], { tasksPerBatch, linksPerBatch }: Config['limits']): string | undefined {
  if (tasks.length > tasksPerBatch)
    return `tasks: must have at most ${tasksPerBatch} entries (MAX_TASKS_PER_BATCH), not ${tasks.length}`;
  const links = (tasks as (AddTaskDto | null)[]).reduce<number>(
    (sum, task) => sum + list(task?.dependencies).length + list(task?.before).length,
    0,
  );
  if (links > linksPerBatch)
    return `tasks: must have at most ${linksPerBatch} dependencies in total (MAX_LINKS_PER_BATCH), not ${links}`;
  return undefined;
}

const contentOf = (value: unknown) => ({
  error: 'The request is not valid',
  faults: value === undefined ? ['body: must not be empty'] : [],
  value,
  tooDeep: false,
});

function* chain<T>(...parts: Iterable<T>[]): Generator<T> {
  for (const part of parts) yield* part;
}

function* limitFaults(
  { tasks, on_batch_complete }: Partial<CreateRequestDto>,
  limits: Config['limits'],
): Generator<string> {
  const completions = list(on_batch_complete).length;
  if (completions > limits.actionsPerTask) {
    yield `on_batch_complete: must have at most ${limits.actionsPerTask} actions (MAX_ACTIONS_PER_TASK), not ${completions}`;
  }
  for (const [i, { context }] of list(on_batch_complete).entries()) {
    if (context === true) yield `on_batch_complete[${i}].context: is not allowed: this call is not about a single task`;
  }
  for (const [i, task] of list(tasks).entries()) {
    for (const fault of taskLimitFaults(task, limits)) yield `tasks[${i}].${fault}`;
  }
}

function* targetFaults(request: Partial<CreateRequestDto>, targets: TargetPolicy): Generator<string> {
  if (targets.skip) return;
  for (const [path, action] of actionsOf(request)) yield* targets.faultsOf(action, path);
}

const nodesOf = ({ tasks }: AddTasksDto) =>
  list(tasks).map(({ id, dependencies }) => ({ id, dependencies: list(dependencies) }));

const referenceFaults = (request: CreateRequestDto): string[] => graphFaults(nodesOf(request));

const BATCH_FIELDS = ['scope', 'metadata', 'on_batch_complete'] as const;

function* additionFaults(request: AddTasksDto, { depsPerTask }: Config['limits']): Generator<string> {
  const given = request as Partial<CreateRequestDto>;
  for (const name of BATCH_FIELDS) {
    if ((given[name] ?? null) !== null) yield `${name}: can only be given when the batch is created`;
  }
  yield* graphFaults(nodesOf(request), true);
  for (const [i, task] of list(request.tasks).entries()) {
    for (const fault of beforeFaults(task, depsPerTask)) yield `tasks[${i}].${fault}`;
  }
}

function* beforeFaults({ before, dedupe_strategy }: AddTaskDto, max: number): Generator<string> {
  const waiting = list(before);
  if (waiting.length === 0) return;
  if (list(dedupe_strategy).length > 0) yield 'before: must not be given together with dedupe_strategy';
  if (waiting.length > max) yield `before: must have at most ${max} entries (MAX_DEPS_PER_TASK), not ${waiting.length}`;
  const seen = new Set<string>();
  for (const [j, { id }] of waiting.entries()) {
    if (typeof id !== 'string') continue;
    if (seen.has(id)) yield `before[${j}].id: "${id}" is listed more than once`;
    seen.add(id);
  }
}

/** Yields every action of the request with its path in the body. */
function* actionsOf({ tasks, on_batch_complete }: Partial<CreateRequestDto>): Generator<[path: string, ActionDto]> {
  for (const [i, { on_start, on_success, on_failure }] of list(tasks).entries()) {
    if (on_start) yield [`tasks[${i}].on_start`, on_start];
    for (const [j, action] of list(on_success).entries()) yield [`tasks[${i}].on_success[${j}]`, action];
    for (const [j, action] of list(on_failure).entries()) yield [`tasks[${i}].on_failure[${j}]`, action];
  }
  for (const [j, action] of list(on_batch_complete).entries()) yield [`on_batch_complete[${j}]`, action];
}

function* taskLimitFaults(task: CreateTaskDto, { depsPerTask, actionsPerTask }: Config['limits']): Generator<string> {
  const actions = 1 + list(task.on_success).length + list(task.on_failure).length;
  if (actions > actionsPerTask) {
    yield `on_start, on_success, on_failure: must have at most ${actionsPerTask} actions in total (MAX_ACTIONS_PER_TASK), not ${actions}`;
  }
  const dependencies = list(task.dependencies).length;
  if (dependencies > depsPerTask) {
    yield `dependencies: must have at most ${depsPerTask} entries (MAX_DEPS_PER_TASK), not ${dependencies}`;
  }
  if ((task.run_at ?? null) !== null && (task.delay_secs ?? null) !== null) {
    yield 'run_at, delay_secs: must not be given together';
  }
  const needsCount = list(task.rules).some(({ type }) => type === 'Capacity');
  if (needsCount && (task.expected_count ?? null) === null) yield 'expected_count: is required with a Capacity rule';
}

/** Treats anything but an array as empty: the validation of fields has reported it already. */
const list = <T>(items: T[] | null | undefined): T[] => (Array.isArray(items) ? items : []);
