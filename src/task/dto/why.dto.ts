import { ApiProperty } from '@nestjs/swagger';
import { TASK_STATUSES, type TaskStatus } from '../../domain/task-status';

export const REASON_TYPES = [
  'ended',
  'running',
  'starting',
  'paused',
  'parents',
  'rule',
  'order',
  'no_worker',
  'notification',
] as const;

/** A task that another one waits for. */
export class NamedTaskDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ example: 'Build the app' })
  name: string;

  @ApiProperty({ enum: TASK_STATUSES })
  status: TaskStatus;
}

/** One thing that a task waits for. */
export class ReasonDto {
  /** `order`: others start first. `no_worker`: no process is there that starts tasks. `notification`: a notification of the ended task waits. */
  @ApiProperty({ enum: REASON_TYPES })
  type: (typeof REASON_TYPES)[number];

  @ApiProperty({ example: 'It waits for 1 unfinished parent' })
  text: string;

  /** Parents that it waits for, or tasks that take the room under a rule: the oldest 100. */
  @ApiProperty({ type: () => [NamedTaskDto] })
  tasks: NamedTaskDto[];
}

/** What a task waits for. */
export class WhyDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ enum: TASK_STATUSES })
  status: TaskStatus;

  /** All reasons in a sentence each. */
  @ApiProperty({ example: 'It waits for 1 unfinished parent.' })
  summary: string;

  @ApiProperty({ type: () => [ReasonDto] })
  reasons: ReasonDto[];
}
