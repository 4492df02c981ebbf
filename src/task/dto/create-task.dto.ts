import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsBoolean, IsNotEmpty, IsObject, IsOptional, IsString } from 'class-validator';
import { ApiAnyJson } from '../../http/any-json';
import { IsJsonOfAtMost } from '../../http/is-json-of-at-most';
import { IsText } from '../../http/is-text';
import { IsWhole, MAX_INT } from '../../http/is-whole';
import { Nested, NestedList } from '../../http/nested';
import { MatcherDto, MAX_RULES, RuleDto } from '../../rules/dto/rule.dto';
import { ActionDto } from '../../webhook/dto/action.dto';

export const METADATA_MAX_BYTES = 64 * 1024;

/** "This task waits for that one." */
export class DependencyDto {
  /** Local id of a task that is defined earlier in the request. */
  @ApiProperty({ example: 'build' })
  @IsString({ message: 'must be a string' })
  id: string;

  /** true: it must succeed, or this task fails with it. false: it must have ended, however. */
  @ApiProperty({ example: true })
  @IsBoolean({ message: 'must be true or false' })
  requires_success: boolean;
}

/** One task to be created. */
export class CreateTaskDto {
  /** Local name, unique in the request; other tasks of the request refer to it. */
  @ApiProperty({ example: 'build', minLength: 1 })
  @IsNotEmpty({ message: 'must not be empty' })
  @IsString({ message: 'must be a string' })
  id: string;

  /** What people call it. */
  @ApiProperty({ example: 'Build the app', maxLength: 255 })
  @IsText(255)
  name: string;

  /** What sort of work it is; rules and filters go by it. */
  @ApiProperty({ example: 'build', maxLength: 100 })
  @IsText(100)
  kind: string;

  /** Seconds of silence allowed while running. */
  @ApiProperty({ required: false, type: 'integer', minimum: 1, maximum: 86400, default: 60 })
  @IsWhole(1, 86400)
  @IsOptional()
  timeout?: number;

  /** Any JSON, at most 64 KiB. */
  @ApiAnyJson({ required: false, example: { project: 'shop', branch: 'main' } })
  @IsJsonOfAtMost(METADATA_MAX_BYTES)
  @IsOptional()
  metadata?: unknown;

  /** Called when the task may start; a 2xx answer means that the receiver works on it. */
  @ApiProperty({ type: () => ActionDto })
  @Nested(() => ActionDto)
  @IsObject({ message: 'must be an action' })
  on_start: ActionDto;

  /** Called when the task has succeeded. */
  @ApiProperty({ required: false, type: () => [ActionDto] })
  @NestedList(() => ActionDto, 'must be an array of actions')
  @IsArray({ message: 'must be an array of actions' })
  @IsOptional()
  on_success?: ActionDto[];

  /** Called when the task has failed, by whatever way. */
  @ApiProperty({ required: false, type: () => [ActionDto] })
  @NestedList(() => ActionDto, 'must be an array of actions')
  @IsArray({ message: 'must be an array of actions' })
  @IsOptional()
  on_failure?: ActionDto[];

  /** Tasks that must end before this one starts. */
  @ApiProperty({ required: false, type: () => [DependencyDto] })
  @NestedList(() => DependencyDto, 'must be an array of dependencies')
  @IsArray({ message: 'must be an array of dependencies' })
  @IsOptional()
  dependencies?: DependencyDto[];

  /** Items to do in all; progress is counted towards it. */
  @ApiProperty({ required: false, type: 'integer', minimum: 0, maximum: MAX_INT, example: 10 })
  @IsWhole(0, MAX_INT)
  @IsOptional()
  expected_count?: number;

  /** Higher starts first. */
  @ApiProperty({ required: false, type: 'integer', minimum: -1000, maximum: 1000, default: 0 })
  @IsWhole(-1000, 1000)
  @IsOptional()
  priority?: number;

  /** Stops the climb when this task is canceled as a dead end. */
  @ApiProperty({ required: false, default: false })
  @IsBoolean({ message: 'must be true or false' })
  @IsOptional()
  dead_end_barrier?: boolean;

  /** When it may start, as far as other tasks are concerned; all of them must admit it. */
  @ApiProperty({ required: false, type: () => [RuleDto] })
  @NestedList(() => RuleDto, 'must be an array of rules')
  @ArrayMaxSize(MAX_RULES, { message: `must be at most ${MAX_RULES} rules` })
  @IsArray({ message: 'must be an array of rules' })
  @IsOptional()
  rules?: RuleDto[];

  /** If for any entry such a task exists, this one is not created; what depends on it depends on that one. */
  @ApiProperty({ required: false, type: () => [MatcherDto] })
  @NestedList(() => MatcherDto, 'must be an array of matchers')
  @ArrayMaxSize(MAX_RULES, { message: `must be at most ${MAX_RULES} entries` })
  @IsArray({ message: 'must be an array of matchers' })
  @IsOptional()
  dedupe_strategy?: MatcherDto[];
}
