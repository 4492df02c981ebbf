import { ApiProperty } from '@nestjs/swagger';
import { TASK_STATUSES, type TaskStatus } from '../../domain/task-status';
import type { AttemptRow } from '../sql/attempts';

/** One attempt at a task. */
export class AttemptDto {
  /** Number of the attempt, from 1. */
  @ApiProperty({ type: 'integer', example: 1 })
  attempt: number;

  /** Status in which the attempt ended; of the current attempt, the status of the task. */
  @ApiProperty({ enum: TASK_STATUSES, example: 'Failure' })
  status: TaskStatus;

  /** When the receiver accepted the attempt; null if it did not. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-01-05T08:00:00.250Z' })
  started_at: string | null;

  /** When the attempt ended; null if it has not. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-01-05T08:00:05.000Z' })
  ended_at: string | null;

  /** Why the attempt failed or was canceled; null otherwise. */
  @ApiProperty({ type: String, nullable: true, example: 'Timeout' })
  failure_reason: string | null;

  /** Items reported as done in this attempt. */
  @ApiProperty({ type: 'integer', example: 3 })
  success: number;

  /** Items reported as failed in this attempt. */
  @ApiProperty({ type: 'integer', example: 0 })
  failures: number;

  static from({ started_at, ended_at, ...row }: AttemptRow): AttemptDto {
    return { ...row, started_at: started_at?.toISOString() ?? null, ended_at: ended_at?.toISOString() ?? null };
  }
}
