import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, IsUUID } from 'class-validator';
import { TASK_STATUSES, type TaskStatus } from '../../domain/task-status';
import { InvalidRequest } from '../../domain/errors';
import { IsFields, withFields } from '../../http/fields';
import { IsTime } from '../../http/is-time';
import { IsWhole, MAX_INT } from '../../http/is-whole';
import { parseJson } from '../../http/json-body';
import { ApiOneOf } from '../../http/api-one-of';
import { ApiSomeOf } from '../../http/query-list';
import { withStatusesOf } from '../../http/status-filter';
import { validated } from '../../http/validation';
import { PageDto } from '../../http/page.dto';
import { writeJson } from '../../domain/exact-number';
import { areFailed, TASK_SORTS, type TaskFilter, type TaskSort } from '../sql/list-tasks';
import { EXTRA_FIELDS, type ExtraField } from './task-fields.dto';

const NEEDS_FAILED = 'needs a status of Failure or Canceled only';

/** Filters of the task list, combined with AND. */
export class ListTasksDto extends PageDto implements TaskFilter {
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

  /** Status of the task; case-insensitive. Several: separated by commas, or given several times. */
  @ApiSomeOf(TASK_STATUSES)
  @IsIn(TASK_STATUSES, { each: true, message: `must be one of ${TASK_STATUSES.join(', ')}` })
  @IsOptional()
  status?: TaskStatus[];

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
  @ApiOneOf(['true', 'false'])
  @IsIn(['true', 'false'], { message: 'must be true or false' })
  @IsOptional()
  delayed?: 'true' | 'false';

  /**
   * `true`: only root causes, which are tasks that failed or were canceled for a reason of their own. `false`: only
   * consequences, whose `failure_reason` names a parent, their children or a stop of the batch. Needs a `status` of
   * `Failure`, `Canceled` or both.
   */
  @ApiOneOf(['true', 'false'])
  @IsIn(['true', 'false'], { message: 'must be true or false' })
  @IsOptional()
  root_cause?: 'true' | 'false';

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

  /** Only tasks created at this time or later. */
  @ApiProperty({ required: false, format: 'date-time' })
  @IsTime()
  @IsOptional()
  created_after?: string;

  /** Only tasks created at this time or earlier. */
  @ApiProperty({ required: false, format: 'date-time' })
  @IsTime()
  @IsOptional()
  created_before?: string;

  /** Only tasks that ended at this time or later. */
  @ApiProperty({ required: false, format: 'date-time' })
  @IsTime()
  @IsOptional()
  ended_after?: string;

  /** Only tasks that ended at this time or earlier. */
  @ApiProperty({ required: false, format: 'date-time' })
  @IsTime()
  @IsOptional()
  ended_before?: string;

  /**
   * Order of the tasks: `-created_at` (newest first, the default), `created_at`, or `-ended_at` (last ended first), which
   * needs a `status` of `Failure`, `Canceled` or both.
   */
  @ApiOneOf(TASK_SORTS)
  @IsIn(TASK_SORTS, { message: `must be one of ${TASK_SORTS.join(', ')}` })
  @IsOptional()
  sort?: TaskSort;

  /** Members of the full form to add to each task, separated by commas or given several times. */
  @IsFields(EXTRA_FIELDS)
  fields?: ExtraField[];

  /** @throws {InvalidRequest} naming every fault. */
  static parse(query: unknown): ListTasksDto {
    const given = withFields(withStatusesOf(TASK_STATUSES, query));
    for (const name of ['timeout', 'attempt_above'].filter((each) => each in given))
      given[name] = numberIn(given[name]);
    const dto = { ...validated(ListTasksDto, given) };
    if (dto.metadata !== undefined) dto.metadata = writeJson(parseJson(dto.metadata, 'metadata'));
    if (areFailed(dto.status)) return dto;
    const faults = [
      ...(dto.sort === '-ended_at' ? [`sort: -ended_at ${NEEDS_FAILED}`] : []),
      ...(dto.root_cause ? [`root_cause: ${NEEDS_FAILED}`] : []),
    ];
    if (faults.length > 0) throw new InvalidRequest('The request is not valid', faults);
    return dto;
  }
}

/** Returns the whole number that a query parameter spells; anything else as it is. */
const numberIn = (value: unknown): unknown =>
  typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
