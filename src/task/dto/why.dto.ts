import { ApiProperty } from '@nestjs/swagger';
import { TASK_STATUSES, type TaskStatus } from '../../domain/task-status';

export const REASON_TYPES = [
  'ended',
  'running',
  'starting',
  'paused',
  'parents',
  'time',
  'rule',
  'order',
  'no_worker',
  'notification',
] as const;

/** A task that another task waits for. */
export class NamedTaskDto {
  /** Id of the task. */
  @ApiProperty({ format: 'uuid' })
  id: string;

  /** Name of the task. */
  @ApiProperty({ example: 'Build the app' })
  name: string;

  /** Current status of the task. */
  @ApiProperty({ enum: TASK_STATUSES })
  status: TaskStatus;
}

/** One reason why a task is in its status. */
export class ReasonDto {
  /** Type of the reason. `time`: it does not start before its `run_at`. `order`: other tasks start first. `no_worker`: no worker is online. `notification`: a notification of the ended task is still queued. */
  @ApiProperty({ enum: REASON_TYPES })
  type: (typeof REASON_TYPES)[number];

  /** The reason in a sentence. */
  @ApiProperty({ example: 'Waits for 1 unfinished parent' })
  text: string;

  /** Unfinished parents, or the tasks that use up the limit of a rule; the oldest 100. */
  @ApiProperty({ type: () => [NamedTaskDto] })
  tasks: NamedTaskDto[];
}

/** Why a task is in its status. */
export class WhyDto {
  /** Id of the task. */
  @ApiProperty({ format: 'uuid' })
  id: string;

  /** Current status of the task. */
  @ApiProperty({ enum: TASK_STATUSES })
  status: TaskStatus;

  /** All reasons as text, one sentence each. */
  @ApiProperty({ example: 'Waits for 1 unfinished parent.' })
  summary: string;

  /** The reasons, each with the tasks involved. */
  @ApiProperty({ type: () => [ReasonDto] })
  reasons: ReasonDto[];
}
