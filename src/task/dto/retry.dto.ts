import { ApiProperty } from '@nestjs/swagger';
import { ArrayMinSize, ArrayUnique, IsArray, IsIn, IsOptional } from 'class-validator';
import { RETRY_ON, type RetryOn, type RetryPolicy } from '../../domain/retry';
import { IsNumberBetween } from '../../http/is-number';
import { IsWhole } from '../../http/is-whole';

/** The longest pause that a report may ask for: a week. */
export const MAX_RETRY_DELAY_SECS = 604_800;
const LONGEST_PAUSE_SECS = 2_592_000;

/**
 * When a failed attempt is followed by another, and after which pause. The pause before attempt n + 1 is `delay_secs` times
 * `factor` to the power of n - 1, at most `max_delay_secs`, and shortened at random by up to the share `jitter`.
 */
export class RetryDto {
  /** Number of attempts, the first included; 1 means no retry. */
  @ApiProperty({ type: 'integer', minimum: 1, maximum: 100, example: 5 })
  @IsWhole(1, 100)
  max_attempts: number;

  /** Seconds before the second attempt. */
  @ApiProperty({ required: false, type: 'integer', minimum: 0, maximum: MAX_RETRY_DELAY_SECS, default: 10 })
  @IsWhole(0, MAX_RETRY_DELAY_SECS)
  @IsOptional()
  delay_secs?: number;

  /** Factor by which the pause grows after each attempt. */
  @ApiProperty({ required: false, minimum: 1, maximum: 10, default: 2 })
  @IsNumberBetween(1, 10)
  @IsOptional()
  factor?: number;

  /** The longest pause in seconds. */
  @ApiProperty({ required: false, type: 'integer', minimum: 0, maximum: LONGEST_PAUSE_SECS, default: 3600 })
  @IsWhole(0, LONGEST_PAUSE_SECS)
  @IsOptional()
  max_delay_secs?: number;

  /** The share of the pause that is random, so that tasks which failed together do not return together. */
  @ApiProperty({ required: false, minimum: 0, maximum: 1, default: 0.2 })
  @IsNumberBetween(0, 1)
  @IsOptional()
  jitter?: number;

  /** Failures that are retried: a refused start call, a timeout, a reported failure. */
  @ApiProperty({ required: false, enum: RETRY_ON, isArray: true, default: RETRY_ON })
  @IsIn(RETRY_ON, { each: true, message: `must contain only ${RETRY_ON.join(', ')}` })
  @ArrayUnique({ message: 'must not name a failure twice' })
  @ArrayMinSize(1, { message: 'must name at least one failure' })
  @IsArray({ message: 'must be an array of failures' })
  @IsOptional()
  on?: RetryOn[];

  /** Returns the policy with all defaults filled in. */
  static toPolicy({ max_attempts, delay_secs, factor, max_delay_secs, jitter, on }: RetryDto): RetryPolicy {
    return {
      max_attempts,
      delay_secs: delay_secs ?? 10,
      factor: factor ?? 2,
      max_delay_secs: max_delay_secs ?? 3600,
      jitter: jitter ?? 0.2,
      on: on ?? [...RETRY_ON],
    };
  }
}
