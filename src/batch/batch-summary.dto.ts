import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { ApiAnyJson } from '../http/any-json';
import { TASK_STATUSES, type TaskStatus } from '../domain/task-status';
import { IsTime } from '../http/is-time';
import { parseJson } from '../http/json-body';
import { ApiOneOf } from '../http/api-one-of';
import { withStatusOf } from '../http/status-filter';
import { IsTextOfAtMost } from '../http/is-text';
import { validated } from '../http/validation';
import { PageDto } from '../http/page.dto';
import { ApiStatusCounts, statusCounts } from './status-counts';
import type { BatchFilter, BatchSummaryRow } from './sql/list';
import { writeJson } from '../domain/exact-number';

/** A batch as the list shows it. */
export class BatchSummaryDto {
  @ApiProperty({ format: 'uuid' })
  batch_id: string;

  @ApiProperty({ type: 'integer', example: 12 })
  total_tasks: number;

  @ApiProperty({ format: 'date-time' })
  first_created_at: string;

  @ApiProperty({ format: 'date-time' })
  latest_updated_at: string;

  /** Tasks in each state. */
  @ApiStatusCounts()
  status_counts: Record<string, number>;

  /** The kinds of its tasks, in alphabetical order. */
  @ApiProperty({ type: [String], example: ['build', 'deploy'] })
  kinds: string[];

  @ApiProperty({ type: String, nullable: true, example: 'release-2026-01' })
  scope: string | null;

  /** Any JSON. */
  @ApiAnyJson({ required: true, example: null })
  metadata: unknown;

  static from(row: BatchSummaryRow): BatchSummaryDto {
    return {
      batch_id: row.batch_id,
      total_tasks: row.total_tasks,
      first_created_at: row.first_created_at.toISOString(),
      latest_updated_at: row.latest_updated_at.toISOString(),
      status_counts: statusCounts(row.counts),
      kinds: row.kinds,
      scope: row.scope,
      metadata: row.metadata ?? null,
    };
  }
}

/** PostgreSQL may compare each of them with each character of 64 KiB of metadata. */
const MAX_SEARCH_LENGTH = 255;

/** Filters of the batch list; they combine with AND. Those about tasks must hold for one and the same task. */
export class ListBatchesDto extends PageDto implements BatchFilter {
  /** Part of the kind of a task. */
  @ApiProperty({ required: false })
  @IsString({ message: 'must be given once' })
  @IsOptional()
  kind?: string;

  /** Part of the name of a task. */
  @ApiProperty({ required: false })
  @IsString({ message: 'must be given once' })
  @IsOptional()
  name?: string;

  /** State of a task, recognized in any case. */
  @ApiOneOf(TASK_STATUSES)
  @IsIn(TASK_STATUSES, { message: `must be one of ${TASK_STATUSES.join(', ')}` })
  @IsOptional()
  status?: TaskStatus;

  /** Created then or later. */
  @ApiProperty({ required: false, format: 'date-time' })
  @IsTime()
  @IsOptional()
  created_after?: string;

  /** Created then or earlier. */
  @ApiProperty({ required: false, format: 'date-time' })
  @IsTime()
  @IsOptional()
  created_before?: string;

  /** Exactly this scope. */
  @ApiProperty({ required: false })
  @IsString({ message: 'must be given once' })
  @IsOptional()
  scope?: string;

  /** JSON that the metadata of the batch contains. */
  @ApiProperty({ required: false, example: '{"requested_by":"nightly"}' })
  @IsString({ message: 'must be given once' })
  @IsOptional()
  metadata?: string;

  /** Part of the scope, of the batch's metadata, or of the name or kind of a task. */
  @ApiProperty({ required: false, maxLength: MAX_SEARCH_LENGTH })
  @IsTextOfAtMost(MAX_SEARCH_LENGTH)
  @IsString({ message: 'must be given once' })
  @IsOptional()
  search?: string;

  /** @throws {InvalidRequest} naming every fault. */
  static parse(query: unknown): ListBatchesDto {
    const dto = { ...validated(ListBatchesDto, withStatusOf(TASK_STATUSES, query)) };
    if (dto.metadata !== undefined) dto.metadata = writeJson(parseJson(dto.metadata, 'metadata'));
    return dto;
  }
}
