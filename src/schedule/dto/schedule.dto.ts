import { ApiProperty } from '@nestjs/swagger';
import { CATCH_UPS, type CatchUp, type Overlap, OVERLAPS } from '../options';
import type { ScheduleRow } from '../sql/find';
import { FiringDto } from './firing.dto';
import { ApiBatch } from './save-schedule.dto';

/** A schedule as it appears in the list. */
export class ScheduleSummaryDto {
  /** Name of the schedule. */
  @ApiProperty({ example: 'nightly-report' })
  name: string;

  /** When it is due, as its creator wrote it. */
  @ApiProperty({ example: '30 2 * * MON-FRI' })
  cron: string;

  /** Time zone of `cron`. */
  @ApiProperty({ example: 'Europe/Berlin' })
  timezone: string;

  /** What a due time does while the previous batch is unfinished. */
  @ApiProperty({ enum: OVERLAPS, example: 'skip' })
  overlap: Overlap;

  /** Which missed due times are fired. */
  @ApiProperty({ enum: CATCH_UPS, example: 'one' })
  catch_up: CatchUp;

  /** The earliest possible due time; null without a limit. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  starts_at: string | null;

  /** The latest possible due time; null without a limit. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  ends_at: string | null;

  /** Seconds by which a firing is delayed at most. */
  @ApiProperty({ type: 'integer', example: 0 })
  jitter_secs: number;

  /** Whether the schedule is paused. */
  @ApiProperty({ example: false })
  paused: boolean;

  /** When the schedule was created. */
  @ApiProperty({ format: 'date-time', example: '2026-01-02T09:00:00.000Z' })
  created_at: string;

  /** When the schedule was last replaced, paused or resumed. */
  @ApiProperty({ format: 'date-time', example: '2026-01-02T09:00:00.000Z' })
  updated_at: string;

  /** The next due time, without jitter; null if there is none, or while the schedule is paused. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-01-06T01:30:00.000Z' })
  next_due_at: string | null;

  /** The last firing; null before the first. */
  @ApiProperty({ type: () => FiringDto, nullable: true })
  last_firing: FiringDto | null;

  static of(row: ScheduleRow, last: FiringDto | null): ScheduleSummaryDto {
    return {
      name: row.name,
      cron: row.cron,
      timezone: row.timezone,
      overlap: row.overlap,
      catch_up: row.catch_up,
      starts_at: row.starts_at?.toISOString() ?? null,
      ends_at: row.ends_at?.toISOString() ?? null,
      jitter_secs: row.jitter_secs,
      paused: row.paused,
      created_at: row.created_at.toISOString(),
      updated_at: row.updated_at.toISOString(),
      next_due_at: (row.paused ? null : row.next_due_at?.toISOString()) ?? null,
      last_firing: last,
    };
  }
}

/** A schedule with its batch, its next due times and its last firings. */
export class ScheduleDto extends ScheduleSummaryDto {
  /**
   * The batch that each due time creates, as its creator sent it. With `AUTH_TOKEN` set, the values of headers and of
   * queries are replaced by `***`, which `PUT` refuses.
   */
  @ApiBatch()
  batch: unknown;

  /** The next five due times, without jitter; none while the schedule is paused. */
  @ApiProperty({
    type: 'array',
    items: { type: 'string', format: 'date-time' },
    example: ['2026-01-06T01:30:00.000Z', '2026-01-07T01:30:00.000Z'],
  })
  next: string[];

  /** The last ten firings, the latest first. */
  @ApiProperty({ type: () => [FiringDto] })
  last: FiringDto[];
}
