import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { ApiAnyJson } from '../../http/any-json';
import { InvalidRequest } from '../../domain/errors';
import { isObject } from '../../domain/json';
import { bounded } from '../../http/faults';
import { IsJsonOfAtMost } from '../../http/is-json-of-at-most';
import { IsText } from '../../http/is-text';
import { faultsOf, fill } from '../../http/validation';
import type { Report } from '../lifecycle/report';
import { MAX_INT, METADATA_MAX_BYTES } from './create-task.dto';

const MAX_REASON_LENGTH = 10_000;
const COUNT = `must be between 0 and ${MAX_INT}`;

/** What a receiver reports about its task. Without `status` only the fields change; `{}` is a sign of life. */
export class ReportDto {
  /** The result, once there is one. */
  @ApiProperty({ required: false, enum: ['Success', 'Failure'], example: 'Success' })
  @IsIn(['Success', 'Failure'], { message: 'must be Success or Failure' })
  @IsOptional()
  status?: 'Success' | 'Failure';

  /** Why it failed; required with Failure, and only allowed there. */
  @ApiProperty({ required: false, maxLength: MAX_REASON_LENGTH })
  @IsText(MAX_REASON_LENGTH)
  @IsOptional()
  failure_reason?: string;

  /** Items done since the last report; added to `success`. */
  @ApiProperty({ required: false, type: 'integer', minimum: 0, maximum: MAX_INT, example: 1 })
  @Max(MAX_INT, { message: COUNT })
  @Min(0, { message: COUNT })
  @IsInt({ message: 'must be an integer' })
  @IsOptional()
  new_success?: number;

  /** Items failed since the last report; added to `failures`. */
  @ApiProperty({ required: false, type: 'integer', minimum: 0, maximum: MAX_INT, example: 0 })
  @Max(MAX_INT, { message: COUNT })
  @Min(0, { message: COUNT })
  @IsInt({ message: 'must be an integer' })
  @IsOptional()
  new_failures?: number;

  /** Items to do in all. */
  @ApiProperty({ required: false, type: 'integer', minimum: 0, maximum: MAX_INT, example: 10 })
  @Max(MAX_INT, { message: COUNT })
  @Min(0, { message: COUNT })
  @IsInt({ message: 'must be an integer' })
  @IsOptional()
  expected_count?: number;

  @ApiProperty({ required: false, type: 'integer', minimum: -1000, maximum: 1000, example: 0 })
  @Max(1000, { message: 'must be between -1000 and 1000' })
  @Min(-1000, { message: 'must be between -1000 and 1000' })
  @IsInt({ message: 'must be an integer' })
  @IsOptional()
  priority?: number;

  /** Replaces the metadata of the task; any JSON, at most 64 KiB. */
  @ApiAnyJson({ required: false })
  @IsJsonOfAtMost(METADATA_MAX_BYTES)
  @IsOptional()
  metadata?: unknown;

  /**
   * A checked report of task `id`.
   * @throws {InvalidRequest} naming every fault.
   */
  static parse(id: string, body: unknown): Report {
    const dto = fill(new ReportDto(), body);
    const faults = bounded(allFaults(dto, body));
    if (faults.length > 0) throw new InvalidRequest('The report is not valid', faults);
    return {
      id,
      ending: dto.status && (dto.status === 'Success' ? 'succeeded' : 'failed'),
      reason: dto.failure_reason ?? undefined,
      new_success: dto.new_success ?? undefined,
      new_failures: dto.new_failures ?? undefined,
      expected_count: dto.expected_count ?? undefined,
      priority: dto.priority ?? undefined,
      metadata: dto.metadata ?? undefined,
    };
  }
}

function* allFaults(dto: ReportDto, body: unknown): Generator<string> {
  if (!isObject(body)) {
    yield 'body: must be an object';
    return;
  }
  yield* faultsOf(dto);
  const hasReason = dto.failure_reason !== undefined && dto.failure_reason !== null;
  if (dto.status === 'Failure' && !hasReason) yield 'failure_reason: is required with status Failure';
  if (dto.status !== 'Failure' && hasReason) yield 'failure_reason: is only allowed with status Failure';
}
