import { ApiProperty } from '@nestjs/swagger';
import { TASK_STATUSES, type TaskStatus } from '../../domain/task-status';

/** The result of one item. */
export class BulkResultDto {
  /** The `id` of the item as it was sent; null if it is not a UUID. */
  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  id: string | null;

  /** The status code that the item would have had alone: 200 or 202 if it is committed. */
  @ApiProperty({ type: 'integer', example: 200 })
  status: number;

  /** What is wrong with the item, in one sentence per fault, joined by `; `. Absent if it is committed. */
  @ApiProperty({ required: false })
  error?: string;

  /** Status of the task. Only with 409, and with 404 if the task exists. */
  @ApiProperty({ required: false, enum: TASK_STATUSES })
  current_status?: TaskStatus;

  /** The current attempt at the task. Only with 409. */
  @ApiProperty({ required: false, type: 'integer' })
  current_attempt?: number;
}

/** The answer to a bulk. */
export class BulkResultsDto {
  /** One result per item, in the order of the items. */
  @ApiProperty({ type: [BulkResultDto] })
  results: BulkResultDto[];
}
