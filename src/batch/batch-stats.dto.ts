import { ApiProperty } from '@nestjs/swagger';
import { ApiAnyJson } from '../http/any-json';
import type { BatchStatsRow } from './sql/stats';
import { ApiStatusCounts, statusCounts } from './status-counts';

export class BatchStatsDto {
  @ApiProperty({ format: 'uuid' })
  batch_id: string;

  @ApiProperty({ type: 'integer', example: 12 })
  total_tasks: number;

  /** Items done, over all tasks. */
  @ApiProperty({ type: 'integer', example: 40 })
  total_success: number;

  /** Items failed, over all tasks. */
  @ApiProperty({ type: 'integer', example: 2 })
  total_failures: number;

  /** Items to do, over all tasks; null if any task does not say. */
  @ApiProperty({ type: 'integer', nullable: true, example: 120 })
  total_expected: number | null;

  /** Tasks in each state. */
  @ApiStatusCounts()
  status_counts: Record<string, number>;

  @ApiProperty({ type: String, nullable: true, example: 'release-2026-01' })
  scope: string | null;

  /** Any JSON. */
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
