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

  /** Only tasks whose current attempt has a higher number: 1 lists the tasks that were retried. */
  @ApiProperty({ required: false, type: 'integer', minimum: 1, maximum: MAX_INT })
  @IsWhole(1, MAX_INT)
  @IsOptional()
  attempt_above?: number;

  /** `true`: only `Pending` tasks that wait for their `run_at`. `false`: all others. */
  @ApiProperty({ required: false, enum: ['true', 'false'] })
  @IsIn(['true', 'false'], { message: 'must be true or false' })
  @IsOptional()
  delayed?: 'true' | 'false';

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
    const given = { ...withStatusOf(TASK_STATUSES, query) };
    for (const name of ['timeout', 'attempt_above'].filter((each) => each in given))
      given[name] = numberIn(given[name]);
    const dto = { ...validated(ListTasksDto, given) };
    if (dto.metadata !== undefined) dto.metadata = writeJson(parseJson(dto.metadata, 'metadata'));
    return dto;
  }
}

/** Returns the whole number that a query parameter spells; anything else as it is. */
const numberIn = (value: unknown): unknown =>
  typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
