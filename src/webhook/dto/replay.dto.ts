import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsUUID } from 'class-validator';
import { ApiOneOf } from '../../http/api-one-of';
import { withStatusOf } from '../../http/status-filter';
import { validated } from '../../http/validation';

const REPLAYABLE = ['exhausted'] as const;

/** Which notifications to send again. */
export class ReplayFilterDto {
  /** Only what was given up can be sent again. Recognized in any case. */
  @ApiOneOf(REPLAYABLE)
  @IsIn(REPLAYABLE, { message: 'must be exhausted' })
  @IsOptional()
  status?: 'exhausted';

  @ApiProperty({ required: false, format: 'uuid' })
  @IsUUID('loose', { message: 'must be a UUID' })
  @IsOptional()
  task_id?: string;

  /** @throws {InvalidRequest} naming every fault. */
  static parse(query: unknown): ReplayFilterDto {
    return validated(ReplayFilterDto, withStatusOf(REPLAYABLE, query));
  }
}

/** What a replay has queued. */
export class ReplayedDto {
  /** Notifications that will be sent again, 1,000 at most; 0 when there are no more. */
  @ApiProperty({ type: 'integer', example: 12 })
  replayed: number;
}
