import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsBoolean, IsNotEmpty, IsObject, IsOptional, IsString } from 'class-validator';
import { ApiAnyJson } from '../../http/any-json';
import { IsJsonOfAtMost } from '../../http/is-json-of-at-most';
import { IsText } from '../../http/is-text';
import { IsZonedTime } from '../../http/is-time';
import { IsWhole, MAX_INT } from '../../http/is-whole';
import { Nested, NestedList } from '../../http/nested';
import { MatcherDto, MAX_RULES, RuleDto } from '../../rules/dto/rule.dto';
import { ActionDto } from '../../webhook/dto/action.dto';
import { RetryDto } from './retry.dto';

export const METADATA_MAX_BYTES = 64 * 1024;
/** The longest delay of a task: a year. */
const MAX_DELAY_SECS = 31_536_000;

/** A task to wait for. */
export class DependencyDto {
  /** Local id of a task defined earlier in the request. */
  @ApiProperty({ example: 'build' })
  @IsString({ message: 'must be a string' })
  id: string;

  /** `true`: the parent must succeed, or this task fails too. `false`: the parent must end, with any result. */
  @ApiProperty({ example: true })
  @IsBoolean({ message: 'must be true or false' })
  requires_success: boolean;
}

/** A task to create. */
export class CreateTaskDto {
  /** Local id, unique in the request, for references from other tasks of the request. */
  @ApiProperty({ example: 'build', minLength: 1 })
  @IsNotEmpty({ message: 'must not be empty' })
  @IsString({ message: 'must be a string' })
  id: string;

  /** Name shown to people; at most 255 characters, not blank. */
  @ApiProperty({ example: 'Build the app', maxLength: 255 })
  @IsText(255)
  name: string;

  /** Kind of work, used by rules and filters; at most 100 characters, not blank. */
  @ApiProperty({ example: 'build', maxLength: 100 })
  @IsText(100)
  kind: string;

  /** Seconds that a running task may be silent before it fails. */
  @ApiProperty({ required: false, type: 'integer', minimum: 1, maximum: 86400, default: 60 })
  @IsWhole(1, 86400)
  @IsOptional()
  timeout?: number;

  /** When to try again after a failure; without it, the first failure ends the task. */
  @ApiProperty({ required: false, type: () => RetryDto })
  @Nested(() => RetryDto)
  @IsObject({ message: 'must be a retry policy' })
  @IsOptional()
  retry?: RetryDto;

  /** Time before which the task does not start: ISO 8601 with a zone. Not together with `delay_secs`. */
  @ApiProperty({ required: false, format: 'date-time', example: '2026-01-06T03:00:00+01:00' })
  @IsZonedTime()
  @IsOptional()
  run_at?: string;

  /** Seconds to wait after creation, or after the last parent has ended. Not together with `run_at`. */
  @ApiProperty({ required: false, type: 'integer', minimum: 0, maximum: MAX_DELAY_SECS, example: 300 })
  @IsWhole(0, MAX_DELAY_SECS)
  @IsOptional()
  delay_secs?: number;

  /** Metadata of the task: any JSON, at most 64 KiB. */
  @ApiAnyJson({ required: false, example: { project: 'shop', branch: 'main' } })
  @IsJsonOfAtMost(METADATA_MAX_BYTES)
  @IsOptional()
  metadata?: unknown;

  /** Webhook to call when the task may start. A 2xx answer means that the receiver accepts the task. */
  @ApiProperty({ type: () => ActionDto })
  @Nested(() => ActionDto)
  @IsObject({ message: 'must be an action' })
  on_start: ActionDto;

  /** Webhooks to call when the task succeeds. */
  @ApiProperty({ required: false, type: () => [ActionDto] })
  @NestedList(() => ActionDto, 'must be an array of actions')
  @IsArray({ message: 'must be an array of actions' })
  @IsOptional()
  on_success?: ActionDto[];

  /** Webhooks to call when the task fails, for any reason, or is canceled as a dead end. */
  @ApiProperty({ required: false, type: () => [ActionDto] })
  @NestedList(() => ActionDto, 'must be an array of actions')
  @IsArray({ message: 'must be an array of actions' })
  @IsOptional()
  on_failure?: ActionDto[];

  /** Tasks that must end before this one starts; at most `MAX_DEPS_PER_TASK`. */
  @ApiProperty({ required: false, type: () => [DependencyDto] })
  @NestedList(() => DependencyDto, 'must be an array of dependencies')
  @IsArray({ message: 'must be an array of dependencies' })
  @IsOptional()
  dependencies?: DependencyDto[];

  /** Number of items to process; required with a Capacity rule. */
  @ApiProperty({ required: false, type: 'integer', minimum: 0, maximum: MAX_INT, example: 10 })
  @IsWhole(0, MAX_INT)
  @IsOptional()
  expected_count?: number;

  /** Tasks with a higher priority start first. */
  @ApiProperty({ required: false, type: 'integer', minimum: -1000, maximum: 1000, default: 0 })
  @IsWhole(-1000, 1000)
  @IsOptional()
  priority?: number;

  /** `true`: if this task is canceled as a dead end, its own parents are not canceled. */
  @ApiProperty({ required: false, default: false })
  @IsBoolean({ message: 'must be true or false' })
  @IsOptional()
  dead_end_barrier?: boolean;

  /** Rules that must all admit the task before it starts; at most 32. */
  @ApiProperty({ required: false, type: () => [RuleDto] })
  @NestedList(() => RuleDto, 'must be an array of rules')
  @ArrayMaxSize(MAX_RULES, { message: `must have at most ${MAX_RULES} rules` })
  @IsArray({ message: 'must be an array of rules' })
  @IsOptional()
  rules?: RuleDto[];

  /** Skips creation if any entry matches an existing task; dependents are linked to that task. At most 32 entries. */
  @ApiProperty({ required: false, type: () => [MatcherDto] })
  @NestedList(() => MatcherDto, 'must be an array of matchers')
  @ArrayMaxSize(MAX_RULES, { message: `must have at most ${MAX_RULES} entries` })
  @IsArray({ message: 'must be an array of matchers' })
  @IsOptional()
  dedupe_strategy?: MatcherDto[];
}
