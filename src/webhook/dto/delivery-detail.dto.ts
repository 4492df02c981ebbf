import { ApiProperty } from '@nestjs/swagger';
import { type Action, VERBS, type Verb } from '../../domain/action';
import { redacted } from '../../domain/redaction';
import { parseUrl } from '../../domain/url';
import { ApiAnyJson } from '../../http/any-json';
import { type DeliveryDetailRow, type Wait, WAITS } from '../sql/read-delivery';
import type { LoggedAttempt } from '../sql/record-attempts';
import { DeliveryDto } from './delivery.dto';

/** The request of a call, as its action describes it. */
export class DeliveryRequestDto {
  /** HTTP method. */
  @ApiProperty({ enum: VERBS, example: 'Post' })
  verb: Verb;

  /** URL, shown as in the delivery. Calls about tasks also have the query parameter `handle`. */
  @ApiProperty({ example: 'https://worker.example.com/deployed' })
  url: string;

  /** Headers of the action, each value as `***`. Hookline adds `Idempotency-Key`, `X-Task-*`, and others that identify the call. */
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' }, example: { Authorization: '***' } })
  headers: Record<string, string>;

  /**
   * Body of the action; null if it has none. Hookline adds the member `hookline` if the action asks for its context, and
   * `arcrun` at the completion of a batch. A call of a group is an entry in the body of a shared request.
   */
  @ApiAnyJson({ required: true, example: { branch: 'main' } })
  body: unknown;
}

/** A failed attempt to deliver a notification. */
export class DeliveryAttemptDto {
  /** Number of the attempt, from 1; a replay counts from 1 again. */
  @ApiProperty({ type: 'integer', example: 1 })
  attempt: number;

  /** When it began. */
  @ApiProperty({ format: 'date-time' })
  started_at: string;

  /** Duration of the request in ms, which calls of a group share; null if nothing was sent. */
  @ApiProperty({ type: 'integer', nullable: true, example: 37 })
  duration_ms: number | null;

  /** HTTP status of the answer; null without one. */
  @ApiProperty({ type: 'integer', nullable: true, example: 503 })
  status: number | null;

  /** Why it failed. */
  @ApiProperty({ type: String, nullable: true, example: 'Webhook answered 503' })
  error: string | null;

  /** Beginning of the answer, as in `last_answer`. */
  @ApiProperty({ type: String, nullable: true, example: 'Database is down' })
  answer: string | null;

  static from({ ended_at, ...logged }: LoggedAttempt): DeliveryAttemptDto {
    const started_at = new Date(Date.parse(ended_at) - (logged.duration_ms ?? 0)).toISOString();
    return { ...logged, started_at };
  }
}

/** Why a delivery is pending. */
export class DeliveryWaitDto {
  /**
   * `in_flight`: the call is being made, or has a slot and is about to be made. `start_result`: it is sent after the start
   * result of its task. `cooldown`: its host is not called. `backoff`: the last attempt failed. `slot`: it is due, and no
   * worker had a free slot yet.
   */
  @ApiProperty({ enum: WAITS })
  type: Wait;

  /** When the wait ends, for `cooldown` and `backoff`; otherwise null. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  until: string | null;

  /** The reason in a sentence. */
  @ApiProperty({ example: 'Attempt 2 waits until 2026-01-05T08:00:00.000Z: Webhook answered 503' })
  text: string;

  static from({ waits_for, attempts, next_attempt_at, last_error }: DeliveryDetailRow): DeliveryWaitDto | null {
    const until = next_attempt_at?.toISOString() ?? null;
    switch (waits_for) {
      case null:
        return null;
      case 'in_flight':
        return { type: waits_for, until: null, text: `Attempt ${attempts} is in flight` };
      case 'start_result':
        return { type: waits_for, until: null, text: 'Waits for the start result of its task' };
      case 'slot':
        return { type: waits_for, until: null, text: 'Is due, and waits for a worker with a free slot' };
      default:
        return { type: waits_for, until, text: `Attempt ${attempts + 1} waits until ${until}: ${last_error}` };
    }
  }
}

/** A delivery with its request, its attempts, and what it waits for. */
export class DeliveryDetailDto extends DeliveryDto {
  /** Name and port of the URL, without a default port; null if the URL is invalid. */
  @ApiProperty({ type: String, nullable: true, example: 'worker.example.com' })
  host: string | null;

  /** The request; null if the task has been removed. */
  @ApiProperty({ type: () => DeliveryRequestDto, nullable: true })
  request: DeliveryRequestDto | null;

  /** Duration of the last request in ms, which calls of a group share; null if none has ended, or is not known. */
  @ApiProperty({ type: 'integer', nullable: true, example: 37 })
  last_duration_ms: number | null;

  /**
   * Beginning of the last answer as text, at most 1,024 bytes; null if it was empty or is not known. Bytes that are no text
   * are replaced by U+FFFD. Values of headers, query values and handle tokens are replaced by `***`. For a call of a group, what
   * the answer says about it.
   */
  @ApiProperty({ type: String, nullable: true, example: '{"accepted":true}' })
  last_answer: string | null;

  /** Failed attempts, oldest first; the newest 20. A start call has none: each attempt at a task is a delivery of its own. */
  @ApiProperty({ type: () => [DeliveryAttemptDto] })
  attempt_log: DeliveryAttemptDto[];

  /** Why the delivery is pending; null if it is not. */
  @ApiProperty({ type: () => DeliveryWaitDto, nullable: true })
  waits_for: DeliveryWaitDto | null;

  static fromDetail(row: DeliveryDetailRow, isGuarded: boolean): DeliveryDetailDto {
    const log = row.attempt_log ?? [];
    const delivery = DeliveryDto.from(row, isGuarded);
    const failed = row.status === 'pending' || row.status === 'exhausted' ? log.at(-1) : undefined;
    return {
      ...delivery,
      host: parseUrl(row.url)?.host ?? null,
      request: requestOf(row.action, delivery.url),
      last_duration_ms: failed ? failed.duration_ms : row.last_duration_ms,
      last_answer: failed ? failed.answer : row.last_answer,
      attempt_log: log.map((logged) => DeliveryAttemptDto.from(logged)),
      waits_for: DeliveryWaitDto.from(row),
    };
  }
}

/** Header values are hidden from everybody, as pages are shared. */
function requestOf(action: Action | null, url: string): DeliveryRequestDto | null {
  if (!action) return null;
  const { verb, headers = {}, body = null } = redacted(action.params);
  return { verb, url, headers, body };
}
