import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsOptional, IsUUID } from 'class-validator';
import { InvalidRequest } from '../../domain/errors';
import { isObject } from '../../domain/json';
import { ApiOneOf } from '../../http/api-one-of';
import { withStatusOf } from '../../http/status-filter';
import { validated } from '../../http/validation';
import { DeliveryFilterDto } from './delivery-filter.dto';

const REPLAYABLE = ['exhausted'] as const;
/** A limit for each request, so that a client replays a large backlog step by step. */
export const MAX_REPLAYED = 1000;

/** Selects the notifications to send again. */
export class ReplayFilterDto extends DeliveryFilterDto {
  /** Only exhausted notifications can be sent again; case-insensitive. */
  @ApiOneOf(REPLAYABLE)
  @IsIn(REPLAYABLE, { message: 'must be exhausted' })
  @IsOptional()
  status?: 'exhausted';

  /** @throws {InvalidRequest} naming every fault. */
  static parse(query: unknown): ReplayFilterDto {
    return validated(ReplayFilterDto, withStatusOf(REPLAYABLE, query));
  }
}

/** Names the notifications to send again. */
export class ReplayDto {
  /** Ids of deliveries, 1 to 1,000. Those that are not exhausted, or do not match the filters, are left out. */
  @ApiProperty({ type: [String], format: 'uuid', minItems: 1, maxItems: MAX_REPLAYED })
  @IsUUID('loose', { each: true, message: 'must be an array of UUIDs' })
  @ArrayMaxSize(MAX_REPLAYED, { message: `must have at most ${MAX_REPLAYED} ids` })
  @ArrayMinSize(1, { message: 'must have at least one id' })
  @IsArray({ message: 'must be an array of UUIDs' })
  ids: string[];

  /**
   * Returns the named notifications; none if the body is absent or empty, and then all that match the filters are meant. A
   * body with other members is more likely to be a mistake.
   * @throws {InvalidRequest} naming every fault.
   */
  static parse(body: unknown): Partial<ReplayDto> {
    if (body === undefined || body === null) return {};
    if (!isObject(body)) throw new InvalidRequest('The request is not valid', ['body: must be an object']);
    return Object.keys(body).length === 0 ? {} : validated(ReplayDto, body);
  }
}

/** Result of a replay. */
export class ReplayedDto {
  /** Number of notifications queued again, at most 1,000; 0 if there are none left. */
  @ApiProperty({ type: 'integer', example: 12 })
  replayed: number;
}
