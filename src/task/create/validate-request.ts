import type { Config } from '../../config/config';
import { graphFaults } from '../../dag/graph';
import { InvalidRequest } from '../../domain/errors';
import { bounded } from '../../http/faults';
import { UnacceptableBody } from '../../http/json-body';
import { check } from '../../http/validation';
import type { ActionDto } from '../../webhook/dto/action.dto';
import type { TargetPolicy } from '../../webhook/ssrf/target-policy';
import { CreateRequestDto } from '../dto/create-request.dto';
import type { CreateTaskDto } from '../dto/create-task.dto';

/**
 * Checks a creating request: its JSON, every field, where its webhooks lead, the limits, and how tasks refer to each
 * other; all faults at once.
 * @param body as it came.
 * @param batchId goes into the error, so that a refused request can be told from others in logs.
 * @throws {InvalidRequest}
 */
export function checkedRequest(
  body: unknown,
  limits: Config['limits'],
  targets: TargetPolicy,
  batchId: string,
): CreateRequestDto {
  const { error, faults: known, value, tooDeep } = body instanceof UnacceptableBody ? body : contentOf(body);
  const refuse = (faults: string[]) => new InvalidRequest(error, faults, { batch_id: batchId });
  if (value === undefined || tooDeep) throw refuse(known);
  const sent = Array.isArray(value) ? { tasks: value } : (value as { tasks?: unknown });
  const tooLarge = sizeFault(list(sent?.tasks as unknown[]), limits);
  if (tooLarge) throw refuse([...known, tooLarge]);
  const { value: request, faults: ofFields } = check(CreateRequestDto, sent);
  const faults = bounded(
    chained(known, ofFields, ofLimits(request, limits), ofTargets(request, targets), ofGraph(request)),
  );
  if (faults.length > 0) throw refuse(faults);
  return request;
}

/** Says whether a request is too large for its tasks to be looked at one by one. */
function sizeFault(tasks: unknown[], { tasksPerBatch, linksPerBatch }: Config['limits']): string | undefined {
  if (tasks.length > tasksPerBatch)
    return `tasks: must be at most ${tasksPerBatch} (MAX_TASKS_PER_BATCH), not ${tasks.length}`;
  const links = tasks.reduce<number>((sum, task) => sum + list((task as CreateTaskDto | null)?.dependencies).length, 0);
  if (links > linksPerBatch)
    return `tasks: must have at most ${linksPerBatch} dependencies together (MAX_LINKS_PER_BATCH), not ${links}`;
  return undefined;
}

const contentOf = (value: unknown) => ({
  error: 'The request is not valid',
  faults: value === undefined ? ['body: must not be empty'] : [],
  value,
  tooDeep: false,
});

function* chained<T>(...parts: Iterable<T>[]): Generator<T> {
  for (const part of parts) yield* part;
}

function* ofLimits({ tasks, on_batch_complete }: CreateRequestDto, limits: Config['limits']): Generator<string> {
  const toTell = list(on_batch_complete).length;
  if (toTell > limits.actionsPerTask) {
    yield `on_batch_complete: must be at most ${limits.actionsPerTask} actions (MAX_ACTIONS_PER_TASK), not ${toTell}`;
  }
  for (const [i, task] of list(tasks).entries()) {
    for (const fault of ofTaskLimits(task, limits)) yield `tasks[${i}].${fault}`;
  }
}

function* ofTargets(request: CreateRequestDto, targets: TargetPolicy): Generator<string> {
  if (targets.skip) return;
  for (const [path, action] of actionsOf(request)) yield* targets.faultsOf(action, path);
}

const ofGraph = ({ tasks }: CreateRequestDto): string[] =>
  graphFaults(list(tasks).map(({ id, dependencies }) => ({ id, dependencies: list(dependencies) })));

/** Every action of the request, with what the client knows it as. */
function* actionsOf({ tasks, on_batch_complete }: CreateRequestDto): Generator<[path: string, ActionDto]> {
  for (const [i, { on_start, on_success, on_failure }] of list(tasks).entries()) {
    if (on_start) yield [`tasks[${i}].on_start`, on_start];
    for (const [j, action] of list(on_success).entries()) yield [`tasks[${i}].on_success[${j}]`, action];
    for (const [j, action] of list(on_failure).entries()) yield [`tasks[${i}].on_failure[${j}]`, action];
  }
  for (const [j, action] of list(on_batch_complete).entries()) yield [`on_batch_complete[${j}]`, action];
}

function* ofTaskLimits(task: CreateTaskDto, { depsPerTask, actionsPerTask }: Config['limits']): Generator<string> {
  const actions = 1 + list(task.on_success).length + list(task.on_failure).length;
  if (actions > actionsPerTask) {
    yield `on_start, on_success, on_failure: must be at most ${actionsPerTask} actions together (MAX_ACTIONS_PER_TASK), not ${actions}`;
  }
  const dependencies = list(task.dependencies).length;
  if (dependencies > depsPerTask) {
    yield `dependencies: must be at most ${depsPerTask} (MAX_DEPS_PER_TASK), not ${dependencies}`;
  }
  const needsCount = list(task.rules).some(({ type }) => type === 'Capacity');
  if (needsCount && (task.expected_count ?? null) === null) yield 'expected_count: is required with a Capacity rule';
}

/** What is no array has been found at fault as a field, and holds nothing to look at. */
const list = <T>(items: T[] | null | undefined): T[] => (Array.isArray(items) ? items : []);
