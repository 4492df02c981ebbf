import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, IsUUID } from 'class-validator';
import { ApiOneOf } from '../http/api-one-of';
import { PageDto } from '../http/page.dto';
import { validated } from '../http/validation';
import { AUDITED, type Audited } from './actions';
import type { EntryFilter, EntryRow } from './sql/list';

/** An action that a client took and that changed something. */
export class AuditEntryDto {
  /** Number of the entry; later entries mostly have higher ones. */
  @ApiProperty({ type: 'integer', example: 4711 })
  id: number;

  /** When it was done. */
  @ApiProperty({ format: 'date-time' })
  at: string;

  /** Name of the token with which it was done; null if the service had no `AUTH_TOKEN`. */
  @ApiProperty({ type: String, nullable: true, example: 'anna' })
  actor: string | null;

  /** What was done. */
  @ApiProperty({ enum: AUDITED, example: 'cancel_task' })
  action: Audited;

  /** Id of the batch; null for actions on several batches, and on schedules except `run_schedule`. */
  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  batch_id: string | null;

  /** Id of the task, for actions on one task. */
  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  task_id: string | null;

  /** Name of the schedule, for actions on schedules, and if its run stopped the batch. */
  @ApiProperty({ type: String, nullable: true, example: null })
  schedule: string | null;

  /**
   * More about the action: `ended` (cancel, stop: tasks that ended), `tasks` (rerun, rules), `downstream`, `kind`,
   * `deliveries` (replay), `from` or `to` (pause, resume), `run_at` (reschedule: the time, or `now`), `created` (schedule).
   */
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true, example: { ended: 3 } })
  details: Record<string, unknown> | null;

  static from({ id, at, ...row }: EntryRow): AuditEntryDto {
    return { ...row, id: Number(id), at: at.toISOString() };
  }
}

/** Filters of the audit log, combined with AND. */
export class ListEntriesDto extends PageDto implements EntryFilter {
  /** Name of the token; must match exactly. */
  @ApiProperty({ required: false })
  @IsString({ message: 'must be given only once' })
  @IsOptional()
  actor?: string;

  /** What was done. */
  @ApiOneOf(AUDITED)
  @IsIn(AUDITED, { message: `must be one of ${AUDITED.join(', ')}` })
  @IsOptional()
  action?: Audited;

  /** Id of the batch. */
  @ApiProperty({ required: false, format: 'uuid' })
  @IsUUID('loose', { message: 'must be a UUID' })
  @IsOptional()
  batch_id?: string;

  /** Id of the task. */
  @ApiProperty({ required: false, format: 'uuid' })
  @IsUUID('loose', { message: 'must be a UUID' })
  @IsOptional()
  task_id?: string;

  /** Name of the schedule; must match exactly. */
  @ApiProperty({ required: false })
  @IsString({ message: 'must be given only once' })
  @IsOptional()
  schedule?: string;

  /** @throws {InvalidRequest} naming every fault. */
  static parse(query: unknown): ListEntriesDto {
    return validated(ListEntriesDto, query);
  }
}
