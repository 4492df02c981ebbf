import { ApiProperty } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { IsWhole, MAX_INT } from '../../http/is-whole';

/** Progress since the last report. */
export class CountsDto {
  /** Items done since the last report; added to `success`, which stops at 2147483647. */
  @ApiProperty({ required: false, type: 'integer', minimum: 0, maximum: MAX_INT, example: 5 })
  @IsWhole(0, MAX_INT)
  @IsOptional()
  new_success?: number;

  /** Items failed since the last report; added to `failures`, which stops at 2147483647. */
  @ApiProperty({ required: false, type: 'integer', minimum: 0, maximum: MAX_INT, example: 0 })
  @IsWhole(0, MAX_INT)
  @IsOptional()
  new_failures?: number;
}
