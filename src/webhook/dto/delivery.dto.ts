import { ApiProperty } from '@nestjs/swagger';
import { type Trigger, TRIGGERS } from '../../domain/action';
import { withoutCredentials, withoutSecrets } from '../../domain/redaction';
import { DELIVERY_STATUSES, type DeliveryRow, type DeliveryStatus } from '../sql/delivery-sources';

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
  @ApiProperty({ enum: TRIGGERS })
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
      id: row.id,
      task_id: row.task_id,
      batch_id: row.batch_id,
      trigger: row.trigger,
      idempotency_key: row.idempotency_key,
      url: isGuarded ? withoutSecrets(row.url) : withoutCredentials(row.url),
      status: row.status,
      attempts: row.attempts,
      next_attempt_at: row.next_attempt_at?.toISOString() ?? null,
      last_status: row.last_status,
      last_error: row.last_error,
      created_at: row.created_at.toISOString(),
      updated_at: row.updated_at.toISOString(),
    };
  }
}
