import type { Config } from '../../config/config';
import { graphFaults } from '../../dag/graph';
import { InvalidRequest } from '../../domain/errors';
import { bounded } from '../../http/faults';
import { faultsOf } from '../../http/validation';
import type { CreateRequestDto } from '../dto/create-request.dto';
import type { CreateTaskDto } from '../dto/create-task.dto';

/**
 * Checks a creating request: every field, then how tasks refer to each other, then the limits; all faults at once. The
 * graph is only looked at when the fields are sound, because a fault there would be reported twice.
 * @param batchId goes into the error, so that a refused request can be told from others in logs.
 */
export function checkRequest(request: CreateRequestDto, limits: Config['limits'], batchId: string): void {
  const tasks = Array.isArray(request.tasks) ? request.tasks : [];
  const faults =
    tasks.length > limits.tasksPerBatch
      ? [`tasks: must be at most ${limits.tasksPerBatch} (MAX_TASKS_PER_BATCH), not ${tasks.length}`]
      : bounded(allFaults(request, limits));
  if (faults.length > 0) throw new InvalidRequest('The request is not valid', faults, { batch_id: batchId });
}

function allFaults(request: CreateRequestDto, limits: Config['limits']): string[] {
  const faults = [...faultsOf(request)];
  if (faults.length > 0) return faults;
  return [
    ...request.tasks.flatMap((task, i) => limitFaults(task, limits).map((fault) => `tasks[${i}].${fault}`)),
    ...graphFaults(request.tasks.map(({ id, dependencies }) => ({ id, dependencies: dependencies ?? [] }))),
  ];
}

function limitFaults(task: CreateTaskDto, { depsPerTask, actionsPerTask }: Config['limits']): string[] {
  const faults: string[] = [];
  const actions = 1 + (task.on_success?.length ?? 0) + (task.on_failure?.length ?? 0);
  if (actions > actionsPerTask) {
    faults.push(
      `on_start, on_success, on_failure: must be at most ${actionsPerTask} actions together (MAX_ACTIONS_PER_TASK), not ${actions}`,
    );
  }
  const dependencies = task.dependencies?.length ?? 0;
  if (dependencies > depsPerTask) {
    faults.push(`dependencies: must be at most ${depsPerTask} (MAX_DEPS_PER_TASK), not ${dependencies}`);
  }
  return faults;
}
