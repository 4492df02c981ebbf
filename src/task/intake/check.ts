import type { Config } from '../../config/config';
import { graphFaults } from '../../dag/graph';
import { InvalidRequest } from '../../domain/errors';
import { bounded } from '../../http/faults';
import { faultsOf } from '../../http/validation';
import type { CreateRequestDto } from '../dto/create-request.dto';
import type { CreateTaskDto } from '../dto/create-task.dto';

/**
 * Checks a creating request: every field, the limits, and how tasks refer to each other; all faults at once.
 * @param batchId goes into the error, so that a refused request can be told from others in logs.
 */
export function checkRequest(request: CreateRequestDto, limits: Config['limits'], batchId: string): void {
  const tasks = Array.isArray(request.tasks) ? request.tasks : [];
  const faults =
    tasks.length > limits.tasksPerBatch
      ? [`tasks: must be at most ${limits.tasksPerBatch} (MAX_TASKS_PER_BATCH), not ${tasks.length}`]
      : bounded(allFaults(request, tasks, limits));
  if (faults.length > 0) throw new InvalidRequest('The request is not valid', faults, { batch_id: batchId });
}

function* allFaults(request: CreateRequestDto, tasks: CreateTaskDto[], limits: Config['limits']): Generator<string> {
  yield* faultsOf(request);
  for (const [i, task] of tasks.entries()) {
    for (const fault of limitFaults(task, limits)) yield `tasks[${i}].${fault}`;
  }
  yield* graphFaults(tasks.map(({ id, dependencies }) => ({ id, dependencies: list(dependencies) })));
}

function* limitFaults(task: CreateTaskDto, { depsPerTask, actionsPerTask }: Config['limits']): Generator<string> {
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
