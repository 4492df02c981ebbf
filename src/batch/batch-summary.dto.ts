import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { ApiAnyJson } from '../http/any-json';
import { TASK_STATUSES, type TaskStatus } from '../domain/task-status';
import { IsFields, withFields } from '../http/fields';
import { IsTime } from '../http/is-time';
import { parseJson } from '../http/json-body';
import { ApiOneOf } from '../http/api-one-of';
import { ApiSomeOf } from '../http/query-list';
import { withStatusesOf } from '../http/status-filter';
import { IsTextOfAtMost } from '../http/is-text';
import { validated } from '../http/validation';
import { PageDto } from '../http/page.dto';
import { ApiStatusCounts, statusCounts } from './status-counts';
import {
  BATCH_SORTS,
  type BatchFilter,
  type BatchSort,
  type BatchSummaryRow,
  EXTRA_BATCH_FIELDS,
  type ExtraBatchField,
  MAX_COUNTED,
} from './sql/list';
import { writeJson } from '../domain/exact-number';

/** A batch as it appears in the list. */
export class BatchSummaryDto {
  /** Id of the batch. */
  @ApiProperty({ format: 'uuid' })
  batch_id: string;

  /** Number of tasks in the batch. */
  @ApiProperty({ type: 'integer', example: 12 })
  total_tasks: number;

  /** When the first task of the batch was created. */
  @ApiProperty({ format: 'date-time' })
  first_created_at: string;

  /** When a task of the batch last changed. */
  @ApiProperty({ format: 'date-time' })
  latest_updated_at: string;

  /** Number of tasks in each status. */
  @ApiStatusCounts()
  status_counts: Record<string, number>;

  /** Kinds of the tasks, in alphabetical order. */
  @ApiProperty({ type: [String], example: ['build', 'deploy'] })
  kinds: string[];

  /** Scope given when the batch was created; null if none was. */
  @ApiProperty({ type: String, nullable: true, example: 'release-2026-01' })
  scope: string | null;

  /** Metadata of the batch, any JSON; null if none was given. */
  @ApiAnyJson({ required: true, example: null })
  metadata: unknown;

  /** When the batch was stopped; null if it was not, or if a rerun has opened it again. Only if `fields` asks for it. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, required: false, example: null })
  stopped_at?: string | null;

  /** Number of exhausted notifications; 1,000 means 1,000 or more. Only if `fields` asks for it. */
  @ApiProperty({ type: 'integer', maximum: MAX_COUNTED, required: false, example: 0 })
  exhausted_deliveries?: number;

  static from(row: BatchSummaryRow): BatchSummaryDto {
    const { stopped_at, exhausted_deliveries } = row;
    return {
      batch_id: row.batch_id,
      total_tasks: row.total_tasks,
      first_created_at: row.first_created_at.toISOString(),
      latest_updated_at: row.latest_updated_at.toISOString(),
      status_counts: statusCounts(row.counts),
      kinds: row.kinds,
      scope: row.scope,
      metadata: row.metadata ?? null,
      ...(stopped_at !== undefined && { stopped_at: stopped_at && stopped_at.toISOString() }),
      ...(exhausted_deliveries !== undefined && { exhausted_deliveries }),
    };
  }
}

/** Limits the cost of a search: PostgreSQL may compare the text with every position in 64 KiB of metadata. */
const MAX_SEARCH_LENGTH = 255;

/** Filters of the batch list, combined with AND. A single task must match all filters on tasks. */
export class ListBatchesDto extends PageDto implements BatchFilter {
  /** Only batches with a task whose kind contains this text. */
  @ApiProperty({ required: false })
  @IsString({ message: 'must be given only once' })
  @IsOptional()
  kind?: string;

  /** Only batches with a task whose name contains this text. */
  @ApiProperty({ required: false })
  @IsString({ message: 'must be given only once' })
  @IsOptional()
  name?: string;

  /** Only batches with a task in this status; case-insensitive. Several: separated by commas, or given several times. */
  @ApiSomeOf(TASK_STATUSES)
  @IsIn(TASK_STATUSES, { each: true, message: `must be one of ${TASK_STATUSES.join(', ')}` })
  @IsOptional()
  status?: TaskStatus[];

  /** Only batches created at this time or later. */
  @ApiProperty({ required: false, format: 'date-time' })
  @IsTime()
  @IsOptional()
  created_after?: string;

  /** Only batches created at this time or earlier. */
  @ApiProperty({ required: false, format: 'date-time' })
  @IsTime()
  @IsOptional()
  created_before?: string;

  /** Scope of the batch; must match exactly. */
  @ApiProperty({ required: false })
  @IsString({ message: 'must be given only once' })
  @IsOptional()
  scope?: string;

  /** JSON that the metadata of the batch must contain. */
  @ApiProperty({ required: false, example: '{"requested_by":"nightly"}' })
  @IsString({ message: 'must be given only once' })
  @IsOptional()
  metadata?: string;

  /** Only batches with this text in scope or metadata, or in the name or kind of a task; at most 255 characters. */
  @ApiProperty({ required: false, maxLength: MAX_SEARCH_LENGTH })
  @IsTextOfAtMost(MAX_SEARCH_LENGTH)
  @IsString({ message: 'must be given only once' })
  @IsOptional()
  search?: string;

  /** Order of the batches: `-created_at` (newest first, the default) or `created_at`. */
  @ApiOneOf(BATCH_SORTS)
  @IsIn(BATCH_SORTS, { message: `must be one of ${BATCH_SORTS.join(', ')}` })
  @IsOptional()
  sort?: BatchSort;

  /** Members to add to each batch, separated by commas or given several times. */
  @IsFields(EXTRA_BATCH_FIELDS)
  fields?: ExtraBatchField[];

  /**
   * Returns the filters in a query string.
   * @throws {InvalidRequest} naming every fault.
   */
  static parse(query: unknown): ListBatchesDto {
    const dto = { ...validated(ListBatchesDto, withFields(withStatusesOf(TASK_STATUSES, query))) };
    if (dto.metadata !== undefined) dto.metadata = writeJson(parseJson(dto.metadata, 'metadata'));
    return dto;
  }
}
