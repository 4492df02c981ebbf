import { ApiProperty } from '@nestjs/swagger';
import type { TaskDefinitionEntity } from '../../database/entities';
import { type ExtraField, extrasOf } from './task-fields.dto';
import { TaskLightDto } from './task-light.dto';

/** A task in a list or graph, with the members that the parameter `fields` asks for. */
export class TaskItemDto extends TaskLightDto {
  /** Why the task failed or was canceled, null otherwise; with `fields=failure_reason`. */
  @ApiProperty({ type: String, nullable: true, required: false })
  failure_reason?: string | null;

  /** Time of the last change or sign of life; with `fields=last_updated`. */
  @ApiProperty({ format: 'date-time', required: false })
  last_updated?: string;

  /** Seconds that a running task may be silent before it fails; with `fields=timeout`. */
  @ApiProperty({ type: 'integer', required: false })
  timeout?: number;

  static override from(definition: TaskDefinitionEntity, fields: readonly ExtraField[] = []): TaskItemDto {
    return Object.assign(TaskLightDto.from(definition), extrasOf(definition.task, fields));
  }
}
