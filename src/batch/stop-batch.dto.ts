import { ApiProperty } from '@nestjs/swagger';

/** Result of stopping a batch. Tasks are counted by the status from which they were canceled. */
export class StopDto {
  /** Id of the batch. */
  @ApiProperty({ format: 'uuid' })
  batch_id: string;

  /** Tasks canceled while `Waiting`. */
  @ApiProperty({ type: 'integer', example: 3 })
  canceled_waiting: number;

  /** Tasks canceled while `Pending`. */
  @ApiProperty({ type: 'integer', example: 1 })
  canceled_pending: number;

  /** Tasks canceled while `Claimed`. */
  @ApiProperty({ type: 'integer', example: 0 })
  canceled_claimed: number;

  /** Tasks canceled while `Running`. */
  @ApiProperty({ type: 'integer', example: 2 })
  canceled_running: number;

  /** Tasks canceled while `Paused`. */
  @ApiProperty({ type: 'integer', example: 0 })
  canceled_paused: number;

  /** Tasks that had already ended; they keep their result. */
  @ApiProperty({ type: 'integer', example: 4 })
  already_terminal: number;
}
