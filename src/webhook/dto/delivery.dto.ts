import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsUUID } from 'class-validator';
import type { Trigger } from '../../domain/action';
import { withoutCredentials, withoutSecrets } from '../../domain/redaction';
import { ApiOneOf } from '../../http/api-one-of';
import { withStatusOf } from '../../http/status-filter';
import { validated } from '../../http/validation';
import { PageDto } from '../../http/page.dto';
import { DELIVERY_STATUSES, type DeliveryRow, type DeliveryStatus } from '../sql/list-deliveries';

/** A call to a receiver: sent, exhausted, or still to be sent. */
export class DeliveryDto {
  /** Id of the delivery. */
  @ApiProperty({ format: 'uuid' })
  id: string;

  /** Id of the task; null for the completion of a batch. */
  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  task_id: string | null;

  /** Id of the batch. */
  @ApiProperty({ format: 'uuid' })
  batch_id: string;

  /** Event that triggers the call. */
  @ApiProperty({ enum: ['start', 'end', 'cancel', 'batch_complete'] })
  trigger: Trigger;

  /** Value of the header `Idempotency-Key`, equal in all attempts. */
  @ApiProperty({ example: '019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e10:end:success' })
  idempotency_key: string;

  /** URL without user name and password. With `AUTH_TOKEN` set, values of the query are replaced by `***`. */
  @ApiProperty({ example: 'https://worker.example.com/deployed' })
  url: string;

  /** `failure`: a refused start call. `exhausted`: a notification without attempts left. */
  @ApiProperty({ enum: DELIVERY_STATUSES })
  status: DeliveryStatus;

  /** Number of attempts so far. */
  @ApiProperty({ type: 'integer', example: 1 })
  attempts: number;

  /** Earliest time of the next attempt, including the cooldown of the host; null if there is none, or for a start call. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  next_attempt_at: string | null;

  /** HTTP status of the last attempt; null without an answer. */
  @ApiProperty({ type: 'integer', nullable: true, example: 200 })
  last_status: number | null;

  /** Why the last attempt failed, or why the host is in cooldown; null if there was no failure. */
  @ApiProperty({ type: String, nullable: true, example: null })
  last_error: string | null;

  /** When the call was queued. */
  @ApiProperty({ format: 'date-time' })
  created_at: string;

  /** When the delivery last changed. */
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

/** Filters of the delivery list, combined with AND. */
export class ListDeliveriesDto extends PageDto {
  /** Status of the delivery; case-insensitive. */
  @ApiOneOf(DELIVERY_STATUSES)
  @IsIn(DELIVERY_STATUSES, { message: `must be one of ${DELIVERY_STATUSES.join(', ')}` })
  @IsOptional()
  status?: DeliveryStatus;

  /** Id of the task. */
  @ApiProperty({ required: false, format: 'uuid' })
  @IsUUID('loose', { message: 'must be a UUID' })
  @IsOptional()
  task_id?: string;

  /** @throws {InvalidRequest} naming every fault. */
  static parse(query: unknown): ListDeliveriesDto {
    return validated(ListDeliveriesDto, withStatusOf(DELIVERY_STATUSES, query));
  }
}
