import { ApiProperty } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { InvalidRequest } from '../../domain/errors';
import { isObject } from '../../domain/json';
import { IsZonedTime, timeOf } from '../../http/is-time';
import { validated } from '../../http/validation';

/** A new time before which a task does not start. */
export class RunAtDto {
  /** ISO 8601 with a zone; null: now. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-01-06T03:00:00+01:00' })
  @IsZonedTime()
  @IsOptional()
  run_at: string | null;

  /**
   * Returns the time; null means that the task may start now.
   * @throws {InvalidRequest} when it is not a time with a zone, or there are other fields.
   */
  static parse(body: Record<string, unknown>): Date | null {
    const { run_at } = validated(RunAtDto, body);
    if (!isAlone(body)) throw new InvalidRequest('The request is not valid', ['run_at: must be the only field']);
    return run_at === null ? null : timeOf(run_at);
  }
}

/** Returns whether the body of a report is about the start of a task. A field that is null is absent, unless it is alone. */
export const isReschedule = (body: unknown): body is Record<string, unknown> =>
  isObject(body) && body.run_at !== undefined && (body.run_at !== null || isAlone(body));

const isAlone = (body: Record<string, unknown>): boolean =>
  Object.entries(body).every(([name, value]) => name === 'run_at' || value === null);
