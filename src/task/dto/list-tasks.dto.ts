import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, IsUUID } from 'class-validator';
import { TASK_STATUSES, type TaskStatus } from '../../domain/task-status';
import { IsWhole, MAX_INT } from '../../http/is-whole';
import { parseJson } from '../../http/json-body';
import { ApiOneOf } from '../../http/api-one-of';
import { withStatusOf } from '../../http/status-filter';
import { validated } from '../../http/validation';
import { PageDto } from '../../http/page.dto';
import { writeJson } from '../../domain/exact-number';

/** Filters of the task list, combined with AND. */
export class ListTasksDto extends PageDto {
  /** Only tasks whose name contains this text. */
  @ApiProperty({ required: false })
  @IsString({ message: 'must be given only once' })
  @IsOptional()
  name?: string;

  /** Only tasks whose kind contains this text. */
  @ApiProperty({ required: false })
  @IsString({ message: 'must be given only once' })
  @IsOptional()
  kind?: string;

  /** Status of the task; case-insensitive. */
  @ApiOneOf(TASK_STATUSES)
  @IsIn(TASK_STATUSES, { message: `must be one of ${TASK_STATUSES.join(', ')}` })
  @IsOptional()
  status?: TaskStatus;

  /** Timeout of the task in seconds; must match exactly. */
  @ApiProperty({ required: false, type: 'integer' })
  @IsWhole(-MAX_INT, MAX_INT)
  @IsOptional()
  timeout?: number;

  /** Id of the batch. */
  @ApiProperty({ required: false, format: 'uuid' })
  @IsUUID('loose', { message: 'must be a UUID' })
  @IsOptional()
  batch_id?: string;

  /** JSON that the metadata must contain, e.g. `{"project":"shop"}`. */
  @ApiProperty({ required: false, example: '{"project":"shop"}' })
  @IsString({ message: 'must be given only once' })
  @IsOptional()
  metadata?: string;

  /** @throws {InvalidRequest} naming every fault. */
  static parse(query: unknown): ListTasksDto {
    const { timeout, ...rest } = withStatusOf(TASK_STATUSES, query);
    const seconds = typeof timeout === 'string' && /^-?\d+$/.test(timeout) ? Number(timeout) : timeout;
    const dto = { ...validated(ListTasksDto, timeout === undefined ? rest : { ...rest, timeout: seconds }) };
    if (dto.metadata !== undefined) dto.metadata = writeJson(parseJson(dto.metadata, 'metadata'));
    return dto;
  }
}
