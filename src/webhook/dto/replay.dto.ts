import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsUUID } from 'class-validator';
import { ApiOneOf } from '../../http/api-one-of';
import { withStatusOf } from '../../http/status-filter';
import { validated } from '../../http/validation';

const REPLAYABLE = ['exhausted'] as const;

/** Selects the notifications to send again. */
export class ReplayFilterDto {
  /** Only exhausted notifications can be sent again; case-insensitive. */
  @ApiOneOf(REPLAYABLE)
  @IsIn(REPLAYABLE, { message: 'must be exhausted' })
  @IsOptional()
  status?: 'exhausted';

  /** Only notifications of this task. */
  @ApiProperty({ required: false, format: 'uuid' })
  @IsUUID('loose', { message: 'must be a UUID' })
  @IsOptional()
  task_id?: string;

  /** @throws {InvalidRequest} naming every fault. */
  static parse(query: unknown): ReplayFilterDto {
    return validated(ReplayFilterDto, withStatusOf(REPLAYABLE, query));
  }
}

/** Result of a replay. */
export class ReplayedDto {
  /** Number of notifications queued again, at most 1,000; 0 if there are none left. */
  @ApiProperty({ type: 'integer', example: 12 })
  replayed: number;
}
