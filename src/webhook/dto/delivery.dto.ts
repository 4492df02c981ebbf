import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsUUID } from 'class-validator';
import type { Trigger } from '../../domain/action';
import { withoutCredentials, withoutSecrets } from '../../domain/redaction';
import { ApiOneOf } from '../../http/api-one-of';
import { withStatusOf } from '../../http/status-filter';
import { validated } from '../../http/validation';
import { PageDto } from '../../http/page.dto';
import { DELIVERY_STATUSES, type DeliveryRow, type DeliveryStatus } from '../sql/list-deliveries';

/** One call to a receiver: sent, given up, or still to be sent. */
export class DeliveryDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  /** The task that it is about; null for the completion of a batch. */
  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  task_id: string | null;

  @ApiProperty({ format: 'uuid' })
  batch_id: string;

  @ApiProperty({ enum: ['start', 'end', 'cancel', 'batch_complete'] })
  trigger: Trigger;

  /** The same in every attempt. */
  @ApiProperty({ example: '019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e10:end:success' })
  idempotency_key: string;

  /** Without user name and password; if access is guarded, without the values of its query too. */
  @ApiProperty({ example: 'https://worker.example.com/deployed' })
  url: string;

  /** `failure` is a start call that was refused; `exhausted` a notification that was given up. */
  @ApiProperty({ enum: DELIVERY_STATUSES })
  status: DeliveryStatus;

  @ApiProperty({ type: 'integer', example: 1 })
  attempts: number;

  /** When it is sent next, after a pause of its host too; null when it is settled or a start call is in flight. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  next_attempt_at: string | null;

  /** HTTP status of the last attempt, if there was an answer. */
  @ApiProperty({ type: 'integer', nullable: true, example: 200 })
  last_status: number | null;

  /** Why the last attempt failed, or why the delivery waits for its host; null if nothing went wrong. */
  @ApiProperty({ type: String, nullable: true, example: null })
  last_error: string | null;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ format: 'date-time' })
  updated_at: string;

  static from(row: DeliveryRow, isGuarded: boolean): DeliveryDto {
    return {
      ...row,
      url: isGuarded ? withoutSecrets(row.url) : withoutCredentials(row.url),
      next_attempt_at: row.next_attempt_at?.toISOString() ?? null,
      created_at: row.created_at.toISOString(),
      updated_at: row.updated_at.toISOString(),
    };
  }
}

/** Filters of the delivery list; they combine with AND. */
export class ListDeliveriesDto extends PageDto {
  /** Recognized in any case. */
  @ApiOneOf(DELIVERY_STATUSES)
  @IsIn(DELIVERY_STATUSES, { message: `must be one of ${DELIVERY_STATUSES.join(', ')}` })
  @IsOptional()
  status?: DeliveryStatus;

  @ApiProperty({ required: false, format: 'uuid' })
  @IsUUID('loose', { message: 'must be a UUID' })
  @IsOptional()
  task_id?: string;

  /** @throws {InvalidRequest} naming every fault. */
  static parse(query: unknown): ListDeliveriesDto {
    return validated(ListDeliveriesDto, withStatusOf(DELIVERY_STATUSES, query));
  }
}
