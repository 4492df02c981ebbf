import { ApiProperty } from '@nestjs/swagger';
import { ApiAnyJson } from '../http/any-json';
import type { BatchStatsRow } from './sql/stats';
import { ApiStatusCounts, statusCounts } from './status-counts';

/** Statistics of a batch. */
export class BatchStatsDto {
  /** Id of the batch. */
  @ApiProperty({ format: 'uuid' })
  batch_id: string;

  /** Number of tasks in the batch. */
  @ApiProperty({ type: 'integer', example: 12 })
  total_tasks: number;

  /** Items done, summed over all tasks. */
  @ApiProperty({ type: 'integer', example: 40 })
  total_success: number;

  /** Items failed, summed over all tasks. */
  @ApiProperty({ type: 'integer', example: 2 })
  total_failures: number;

  /** Items expected, summed over all tasks; null if any task has no `expected_count`. */
  @ApiProperty({ type: 'integer', nullable: true, example: 120 })
  total_expected: number | null;

  /** Number of tasks in each status. */
  @ApiStatusCounts()
  status_counts: Record<string, number>;

  /** Scope given when the batch was created; null if none was. */
  @ApiProperty({ type: String, nullable: true, example: 'release-2026-01' })
  scope: string | null;

  /** Metadata of the batch, any JSON; null if none was given. */
  @ApiAnyJson({ required: true, example: null })
  metadata: unknown;

  static from(batchId: string, row: BatchStatsRow): BatchStatsDto {
    return {
      batch_id: batchId,
      total_tasks: row.total_tasks,
      total_success: Number(row.total_success),
      total_failures: Number(row.total_failures),
      total_expected: row.total_expected === null ? null : Number(row.total_expected),
      status_counts: statusCounts(row.counts),
      scope: row.scope,
      metadata: row.metadata ?? null,
    };
  }
}
