import { ApiProperty } from '@nestjs/swagger';
import { FIRING_STATUSES, type FiringStatus } from '../options';
import type { FiringRow } from '../sql/firing';

/** What came of a due time, or of a manual run. */
export class FiringDto {
  /** The due time, without jitter; for a manual run, the time of the run. */
  @ApiProperty({ format: 'date-time', example: '2026-01-05T02:30:00.000Z' })
  due_at: string;

  /** When it was fired, skipped or found to fail. */
  @ApiProperty({ format: 'date-time', example: '2026-01-05T02:30:00.012Z' })
  fired_at: string;

  /** `fired`; `skipped` because of `overlap`; `failed`: the batch could not be created. */
  @ApiProperty({ enum: FIRING_STATUSES, example: 'fired' })
  status: FiringStatus;

  /** Id of the created batch; null if none was created. */
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: '019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e10' })
  batch_id: string | null;

  /** Why no batch was created; null if one was. */
  @ApiProperty({ type: String, nullable: true, example: null })
  reason: string | null;

  /** Whether `POST /schedule/{name}/run` asked for it. */
  @ApiProperty({ example: false })
  manual: boolean;

  static from({ due_at, fired_at, status, batch_id, reason, manual }: FiringRow): FiringDto {
    return { due_at: due_at.toISOString(), fired_at: fired_at.toISOString(), status, batch_id, reason, manual };
  }
}
