import { ApiProperty } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { IsTextOfAtMost } from '../../http/is-text';
import { IsUuid } from '../../http/is-uuid';
import { IsWhole } from '../../http/is-whole';

const MAX_ATTEMPT = 999_999;
const MAX_TOKEN_LENGTH = 200;

/** The task that an item of a bulk is about. */
export class BulkItemDto {
  /** Id of the task. */
  @ApiProperty({ format: 'uuid', example: '01a20385-0579-772d-b781-92370a992fbd' })
  @IsUuid()
  id: string;

  /** The attempt that the item is about, as its handle names it. */
  @ApiProperty({ required: false, type: 'integer', minimum: 1, maximum: MAX_ATTEMPT, default: 1 })
  @IsWhole(1, MAX_ATTEMPT)
  @IsOptional()
  attempt?: number;

  /** The token in the handle of the start call. Only needed if the request has no token of the service. */
  @ApiProperty({ required: false, maxLength: MAX_TOKEN_LENGTH })
  @IsTextOfAtMost(MAX_TOKEN_LENGTH)
  @IsOptional()
  token?: string;
}
