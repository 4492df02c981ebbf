import { ApiProperty } from '@nestjs/swagger';
import { IsArray, IsOptional } from 'class-validator';
import { ApiAnyJson } from '../../http/any-json';
import { IsJsonOfAtMost } from '../../http/is-json-of-at-most';
import { IsText } from '../../http/is-text';
import { NestedList } from '../../http/nested';
import { ActionDto } from '../../webhook/dto/action.dto';
import { CreateTaskDto, METADATA_MAX_BYTES } from './create-task.dto';

/** A batch of tasks with its own settings. A bare array of tasks is accepted as well. */
export class CreateRequestDto {
  /** Tasks to create, at most `MAX_TASKS_PER_BATCH`, parents before their children. */
  @ApiProperty({ type: () => [CreateTaskDto] })
  @NestedList(() => CreateTaskDto, 'must be an array of tasks')
  @IsArray({ message: 'must be an array of tasks' })
  tasks: CreateTaskDto[];

  /** Label to list batches by; at most 255 characters. */
  @ApiProperty({ required: false, example: 'release-2026-01', maxLength: 255 })
  @IsText(255)
  @IsOptional()
  scope?: string;

  /** Metadata of the batch: any JSON, at most 64 KiB. */
  @ApiAnyJson({ required: false, example: { requested_by: 'nightly' } })
  @IsJsonOfAtMost(METADATA_MAX_BYTES)
  @IsOptional()
  metadata?: unknown;

  /** Webhooks to call when the last task of the batch has ended. */
  @ApiProperty({ required: false, type: () => [ActionDto] })
  @NestedList(() => ActionDto, 'must be an array of actions')
  @IsArray({ message: 'must be an array of actions' })
  @IsOptional()
  on_batch_complete?: ActionDto[];
}
