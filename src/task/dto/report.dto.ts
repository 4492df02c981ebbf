import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional } from 'class-validator';
import { ApiAnyJson } from '../../http/any-json';
import { InvalidRequest } from '../../domain/errors';
import { isObject } from '../../domain/json';
import { bounded } from '../../http/faults';
import { IsJsonOfAtMost } from '../../http/is-json-of-at-most';
import { IsText } from '../../http/is-text';
import { IsWhole, MAX_INT } from '../../http/is-whole';
import type { Dto } from '../../http/nested';
import { check } from '../../http/validation';
import type { Report } from '../report/fold-reports';
import { CountsDto } from './counts.dto';
import { METADATA_MAX_BYTES } from './create-task.dto';
import { MAX_RETRY_DELAY_SECS } from './retry.dto';

// Enough for a stack trace: a result must not be lost because its reason is long.
const MAX_REASON_LENGTH = 65_536;

/** A report of a receiver about its task. Without `status` only the fields change; `{}` is a sign of life. */
export class ReportDto extends CountsDto {
  /** Result of the task; omit it to report progress only. */
  @ApiProperty({ required: false, enum: ['Success', 'Failure'], example: 'Success' })
  @IsIn(['Success', 'Failure'], { message: 'must be Success or Failure' })
  @IsOptional()
  status?: 'Success' | 'Failure';

  /** Reason of the failure, at most 65,536 characters; required with `Failure`, not allowed otherwise. */
  @ApiProperty({ required: false, maxLength: MAX_REASON_LENGTH })
  @IsText(MAX_REASON_LENGTH)
  @IsOptional()
  failure_reason?: string;

  /** Result of the work, with a `status`: any JSON, at most 64 KiB. The result of a retried attempt is not kept. */
  @ApiAnyJson({ required: false, example: { url: 'https://example.com/app-1.4.tar' } })
  @IsJsonOfAtMost(METADATA_MAX_BYTES)
  @IsOptional()
  result?: unknown;

  /** `false` with `Failure`: the task ends, although its retry policy has attempts left. */
  @ApiProperty({ required: false, default: true })
  @IsBoolean({ message: 'must be true or false' })
  @IsOptional()
  retry?: boolean;

  /** With `Failure`: the pause before the next attempt in seconds, instead of the one of the retry policy. */
  @ApiProperty({ required: false, type: 'integer', minimum: 0, maximum: MAX_RETRY_DELAY_SECS, example: 30 })
  @IsWhole(0, MAX_RETRY_DELAY_SECS)
  @IsOptional()
  retry_after_secs?: number;

  /** Number of items to process; replaces the current value. */
  @ApiProperty({ required: false, type: 'integer', minimum: 0, maximum: MAX_INT, example: 10 })
  @IsWhole(0, MAX_INT)
  @IsOptional()
  expected_count?: number;

  /** Priority; replaces the current value. Tasks with a higher priority start first. */
  @ApiProperty({ required: false, type: 'integer', minimum: -1000, maximum: 1000, example: 0 })
  @IsWhole(-1000, 1000)
  @IsOptional()
  priority?: number;

  /** Metadata of the task; replaces the current value. Any JSON, at most 64 KiB. */
  @ApiAnyJson({ required: false })
  @IsJsonOfAtMost(METADATA_MAX_BYTES)
  @IsOptional()
  metadata?: unknown;

  /**
   * Validates a report on task `id`.
   * @param attempt that the report is about.
   * @throws {InvalidRequest} naming every fault.
   */
  static parse(id: string, attempt: number, body: unknown): Report {
    if (!isObject(body)) throw new InvalidRequest('The report is not valid', ['body: must be an object']);
    const faults = ReportDto.faultsOf(body);
    if (faults.length > 0) throw new InvalidRequest('The report is not valid', faults);
    return ReportDto.toReport(id, attempt, body);
  }

  /**
   * Returns the faults of a report, each naming its field.
   * @param dto its form.
   */
  static faultsOf(body: object, dto: Dto<ReportDto> = ReportDto): string[] {
    const { value, faults } = check(dto, body);
    return bounded(faults).concat(reasonFaults(value), resultFaults(value), retryFaults(value));
  }

  /** Returns a report without faults as the service applies it. */
  static toReport(id: string, attempt: number, report: Partial<ReportDto>): Report {
    return {
      id,
      attempt,
      ending: report.status && (report.status === 'Success' ? 'succeeded' : 'failed'),
      reason: report.failure_reason ?? undefined,
      result: report.result ?? undefined,
      retry: report.retry ?? undefined,
      retry_after_secs: report.retry_after_secs ?? undefined,
      new_success: report.new_success ?? undefined,
      new_failures: report.new_failures ?? undefined,
      expected_count: report.expected_count ?? undefined,
      priority: report.priority ?? undefined,
      metadata: report.metadata ?? undefined,
    };
  }
}

function reasonFaults({ status, failure_reason }: ReportDto): string[] {
  const hasReason = failure_reason !== undefined && failure_reason !== null;
  if (status === 'Failure' && !hasReason) return ['failure_reason: is required with status Failure'];
  if (status !== 'Failure' && hasReason) return ['failure_reason: is only allowed with status Failure'];
  return [];
}

const resultFaults = ({ status, result }: ReportDto): string[] =>
  !status && (result ?? null) !== null ? ['result: is only allowed with a status'] : [];

function retryFaults({ status, retry, retry_after_secs }: ReportDto): string[] {
  if (status === 'Failure') return [];
  return Object.entries({ retry, retry_after_secs })
    .filter(([, value]) => (value ?? null) !== null)
    .map(([name]) => `${name}: is only allowed with status Failure`);
}
