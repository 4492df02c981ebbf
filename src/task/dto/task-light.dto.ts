import { ApiProperty } from '@nestjs/swagger';
import type { TaskDefinitionEntity } from '../../database/entities';
import { TASK_STATUSES, type TaskStatus } from '../../domain/task-status';

/** A task as it appears in lists and graphs. */
export class TaskLightDto {
  /** Id of the task. */
  @ApiProperty({ format: 'uuid', example: '019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e10' })
  id: string;

  /** Name shown to people. */
  @ApiProperty({ example: 'Build the app' })
  name: string;

  /** Kind of work. */
  @ApiProperty({ example: 'build' })
  kind: string;

  /** Current status. */
  @ApiProperty({ enum: TASK_STATUSES, example: 'Running' })
  status: TaskStatus;

  /** When the task was created. */
  @ApiProperty({ format: 'date-time', example: '2026-01-05T08:00:00.000Z' })
  created_at: string;

  /** When the receiver accepted the task; null before that. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-01-05T08:00:00.250Z' })
  started_at: string | null;

  /** When the task became `Success`, `Failure` or `Canceled`; null before that. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  ended_at: string | null;

  /** Items reported as done so far. */
  @ApiProperty({ type: 'integer', example: 3 })
  success: number;

  /** Items reported as failed so far. */
  @ApiProperty({ type: 'integer', example: 0 })
  failures: number;

  /** Number of items to process; null if unknown. */
  @ApiProperty({ type: 'integer', nullable: true, example: 10 })
  expected_count: number | null;

  /** Id of the batch. */
  @ApiProperty({ format: 'uuid', example: '019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e00' })
  batch_id: string;

  /** `true`: if this task is canceled as a dead end, its own parents are not canceled. */
  @ApiProperty({ example: false })
  dead_end_barrier: boolean;

  /** Priority, -1000 to 1000; tasks with a higher one start first. */
  @ApiProperty({ type: 'integer', example: 0 })
  priority: number;

  /** Number of the current attempt, from 1. */
  @ApiProperty({ type: 'integer', example: 1 })
  attempt: number;

  /** Time before which the task, or its next attempt, does not start; null if there is none. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  run_at: string | null;

  /** Id of the task in the request that created it; null if the task is older than this field. */
  @ApiProperty({ type: String, nullable: true, example: 'build' })
  local_id: string | null;

  static from({ name, localId, task }: TaskDefinitionEntity): TaskLightDto {
    return {
      id: task.id,
      name,
      kind: task.kind,
      status: task.status,
      created_at: task.createdAt.toISOString(),
      started_at: task.startedAt?.toISOString() ?? null,
      ended_at: task.endedAt?.toISOString() ?? null,
      success: task.success,
      failures: task.failures,
      expected_count: task.expectedCount,
      batch_id: task.batchId,
      dead_end_barrier: task.deadEndBarrier,
      priority: task.priority,
      attempt: task.attempt,
      run_at: task.runAt?.toISOString() ?? null,
      local_id: localId,
    };
  }
}
