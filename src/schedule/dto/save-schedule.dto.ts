import { ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional } from 'class-validator';
import { ValidatedAs } from '../../http/accepted';
import { IsZonedTime } from '../../http/is-time';
import { IsWhole } from '../../http/is-whole';
import { CreateRequestDto } from '../../task/dto/create-request.dto';
import { CreateTaskDto } from '../../task/dto/create-task.dto';
import { MAX_CRON_LENGTH } from '../due-times';
import { CATCH_UPS, type CatchUp, type Overlap, OVERLAPS } from '../options';
import { IsCron } from './is-cron';
import { IsTimezone } from './is-timezone';

export const MAX_JITTER_SECS = 3600;

/** Documents a batch in one of the two forms that `POST /task` takes. */
export const ApiBatch = () =>
  ApiProperty({
    oneOf: [
      { type: 'array', items: { $ref: getSchemaPath(CreateTaskDto) } },
      { $ref: getSchemaPath(CreateRequestDto) },
    ],
  });

/** A schedule to create or to replace. */
export class SaveScheduleDto {
  /**
   * When it is due: five fields (minute, hour, day of the month, month, day of the week), six with seconds in front, or
   * `@yearly`, `@monthly`, `@weekly`, `@daily` or `@hourly`. At most 255 characters.
   */
  @ApiProperty({ example: '30 2 * * MON-FRI', maxLength: MAX_CRON_LENGTH })
  @IsCron()
  cron: string;

  /** Time zone of `cron`, by its IANA name. */
  @ApiProperty({ required: false, default: 'UTC', example: 'Europe/Berlin' })
  @IsTimezone()
  @IsOptional()
  timezone?: string;

  /**
   * The batch that each due time creates, as `POST /task` takes it. Its metadata must be an object or absent, and gains
   * `schedule` and `due_at`.
   */
  @ApiBatch()
  @ValidatedAs(() => CreateRequestDto)
  batch: unknown;

  /**
   * What a due time does while the previous batch is unfinished: `allow` creates the batch all the same, `skip` creates
   * none, `stop_previous` stops the previous batch first.
   */
  @ApiProperty({ required: false, enum: OVERLAPS, default: 'allow' })
  @IsIn(OVERLAPS, { message: `must be one of ${OVERLAPS.join(', ')}` })
  @IsOptional()
  overlap?: Overlap;

  /**
   * Which missed due times are fired: `none`, `one` (the last) or `all` (at most the last 100). One is missed if it is more
   * than 5 seconds late, `jitter_secs` aside.
   */
  @ApiProperty({ required: false, enum: CATCH_UPS, default: 'one' })
  @IsIn(CATCH_UPS, { message: `must be one of ${CATCH_UPS.join(', ')}` })
  @IsOptional()
  catch_up?: CatchUp;

  /** The earliest possible due time. */
  @ApiProperty({ required: false, type: String, format: 'date-time', nullable: true })
  @IsZonedTime()
  @IsOptional()
  starts_at?: string | null;

  /** The latest possible due time; must be after `starts_at`. */
  @ApiProperty({ required: false, type: String, format: 'date-time', nullable: true })
  @IsZonedTime()
  @IsOptional()
  ends_at?: string | null;

  /** Each firing is delayed by a random time of up to this many seconds. */
  @ApiProperty({ required: false, type: 'integer', minimum: 0, maximum: MAX_JITTER_SECS, default: 0 })
  @IsWhole(0, MAX_JITTER_SECS)
  @IsOptional()
  jitter_secs?: number;

  /** Whether the schedule is paused: nothing is due then. */
  @ApiProperty({ required: false, default: false })
  @IsBoolean({ message: 'must be true or false' })
  @IsOptional()
  paused?: boolean;
}
