import { ApiProperty } from '@nestjs/swagger';
import { IsArray, IsBoolean, IsOptional, IsString } from 'class-validator';
import { NestedList } from '../../http/nested';
import { CreateTaskDto } from './create-task.dto';

/** A task that waits for a new one. */
export class BeforeDto {
  /** A `Waiting` task of the batch: its UUID, or its local id if no other task of the batch has the same. */
  @ApiProperty({ example: 'publish' })
  @IsString({ message: 'must be a string' })
  id: string;

  /** `true`: the new task must succeed, or the waiting one fails too. `false`: it must end, with any result. */
  @ApiProperty({ example: true })
  @IsBoolean({ message: 'must be true or false' })
  requires_success: boolean;
}

/** A task to add to a batch. Its dependencies may also be existing tasks of the batch, by UUID or local id. */
export class AddTaskDto extends CreateTaskDto {
  /** Existing `Waiting` tasks that wait for this one as well; at most `MAX_DEPS_PER_TASK`. Not with `dedupe_strategy`. */
  @ApiProperty({ required: false, type: () => [BeforeDto] })
  @NestedList(() => BeforeDto, 'must be an array of tasks')
  @IsArray({ message: 'must be an array of tasks' })
  @IsOptional()
  before?: BeforeDto[];
}

/** Tasks to add to a batch. A bare array is accepted as well. */
export class AddTasksDto {
  /** Tasks to add, at most `MAX_TASKS_PER_BATCH`, parents before their children. */
  @ApiProperty({ type: () => [AddTaskDto] })
  @NestedList(() => AddTaskDto, 'must be an array of tasks')
  @IsArray({ message: 'must be an array of tasks' })
  tasks: AddTaskDto[];
}
