import { ApiProperty } from '@nestjs/swagger';
import type { TaskDefinitionEntity } from '../../database/entities';
import { TASK_STATUSES, type TaskStatus } from '../../domain/task-status';

/** A task as lists and graphs show it. */
export class TaskLightDto {
  /** UUID of the task. */
  @ApiProperty({ format: 'uuid', example: '019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e10' })
  id: string;

  @ApiProperty({ example: 'Build the app' })
  name: string;

  @ApiProperty({ example: 'build' })
  kind: string;

  @ApiProperty({ enum: TASK_STATUSES, example: 'Running' })
  status: TaskStatus;

  @ApiProperty({ format: 'date-time', example: '2026-01-05T08:00:00.000Z' })
  created_at: string;

  /** When the receiver accepted it; null before that. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-01-05T08:00:00.250Z' })
  started_at: string | null;

  /** When it became Success, Failure or Canceled; null before that. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  ended_at: string | null;

  /** Items reported as done so far. */
  @ApiProperty({ type: 'integer', example: 3 })
  success: number;

  /** Items reported as failed so far. */
  @ApiProperty({ type: 'integer', example: 0 })
  failures: number;

  /** Items to do in all, if known. */
  @ApiProperty({ type: 'integer', nullable: true, example: 10 })
  expected_count: number | null;

  @ApiProperty({ format: 'uuid', example: '019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e00' })
  batch_id: string;

  /** Whether a dead end below stops here. */
  @ApiProperty({ example: false })
  dead_end_barrier: boolean;

  /** Higher starts first. */
  @ApiProperty({ type: 'integer', example: 0 })
  priority: number;

  static from({ name, task }: TaskDefinitionEntity): TaskLightDto {
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
    };
  }
}
