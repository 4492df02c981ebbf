import { ApiProperty } from '@nestjs/swagger';
import { IsArray, IsOptional } from 'class-validator';
import { ApiAnyJson } from '../../http/any-json';
import { IsJsonOfAtMost } from '../../http/is-json-of-at-most';
import { IsText } from '../../http/is-text';
import { NestedList } from '../../http/nested';
import { ActionDto } from '../../webhook/dto/action.dto';
import { CreateTaskDto, METADATA_MAX_BYTES } from './create-task.dto';

/** A batch of tasks, and what concerns all of it. An array of tasks alone is accepted as well. */
export class CreateRequestDto {
  @ApiProperty({ type: () => [CreateTaskDto] })
  @NestedList(() => CreateTaskDto, 'must be an array of tasks')
  @IsArray({ message: 'must be an array of tasks' })
  tasks: CreateTaskDto[];

  /** What the batch belongs to; batches can be listed by it. */
  @ApiProperty({ required: false, example: 'release-2026-01', maxLength: 255 })
  @IsText(255)
  @IsOptional()
  scope?: string;

  /** Any JSON about the batch, at most 64 KiB. */
  @ApiAnyJson({ required: false, example: { requested_by: 'nightly' } })
  @IsJsonOfAtMost(METADATA_MAX_BYTES)
  @IsOptional()
  metadata?: unknown;

  /** Called when the last task of the batch has ended. */
  @ApiProperty({ required: false, type: () => [ActionDto] })
  @NestedList(() => ActionDto, 'must be an array of actions')
  @IsArray({ message: 'must be an array of actions' })
  @IsOptional()
  on_batch_complete?: ActionDto[];
}
