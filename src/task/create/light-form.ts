import { isTerminal, type TaskStatus } from '../../domain/task-status';
import type { TaskLightDto } from '../dto/task-light.dto';
import type { NewTask } from '../sql/create-tasks';

/** Returns the light forms of new tasks. @param statuses by id, if they may have changed since the insert */
export const lightForms = (
  tasks: readonly NewTask[],
  createdAt: Date,
  statuses?: ReadonlyMap<string, TaskStatus>,
): TaskLightDto[] => tasks.map((task) => lightForm(task, createdAt, statuses?.get(task.id)));

/** Returns the light form of a new task. `status` differs if the transaction that created the task has changed it. */
const lightForm = (task: NewTask, createdAt: Date, status: TaskStatus = task.status): TaskLightDto => ({
  id: task.id,
  name: task.name,
  kind: task.kind,
  status,
  created_at: createdAt.toISOString(),
  started_at: null,
  ended_at: isTerminal(status) ? createdAt.toISOString() : null,
  success: 0,
  failures: 0,
  expected_count: task.expected_count,
  batch_id: task.batch_id,
  dead_end_barrier: task.dead_end_barrier,
  priority: task.priority,
  attempt: 1,
  run_at: runAtOf(task, status, createdAt),
  local_id: task.local_id,
});

function runAtOf({ run_at, delay_secs }: NewTask, status: TaskStatus, createdAt: Date): string | null {
  if (delay_secs === undefined) return run_at ?? null;
  return status === 'Pending' ? new Date(createdAt.getTime() + delay_secs * 1000).toISOString() : null;
}
