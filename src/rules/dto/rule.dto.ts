import { ApiProperty } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsObject,
  IsString,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import type { Rule } from '../../domain/rule';
import { TASK_STATUSES, type TaskStatus } from '../../domain/task-status';
import { IsText } from '../../http/is-text';
import { MAX_INT } from '../../http/is-whole';
import { fill } from '../../http/validation';

const MAX_FIELDS = 32;
/** Rules on one task at most. */
export const MAX_RULES = 32;

/** Every type in every spelling that is understood, and the name of its limit. */
const LIMIT_FIELDS = {
  Concurrency: 'max_concurrency',
  Concurency: 'max_concurency',
  Capacity: 'max_capacity',
} as const;

/** Which tasks a rule, or a deduplication, looks at. */
export class MatcherDto {
  @ApiProperty({ example: 'deploy' })
  @IsText(100)
  kind: string;

  /** `Running` includes `Claimed` tasks and those paused while running. */
  @ApiProperty({ enum: TASK_STATUSES, example: 'Running' })
  @IsIn(TASK_STATUSES, { message: `must be one of ${TASK_STATUSES.join(', ')}` })
  status: TaskStatus;

  /** Fields of the metadata whose values must be the same as the candidate's. */
  @ApiProperty({ type: [String], example: ['project'] })
  @IsString({ each: true, message: 'must be an array of texts' })
  @ArrayUnique({ message: 'must not name a field twice' })
  @ArrayMaxSize(MAX_FIELDS, { message: `must be at most ${MAX_FIELDS} fields` })
  @IsArray({ message: 'must be an array of texts' })
  fields: string[];

  static from(plain: unknown): MatcherDto {
    const dto = fill(new MatcherDto(), plain);
    dto.fields ??= [];
    return dto;
  }
}

const limitFault = ({ type, ...dto }: RuleDto): string | undefined => {
  const name = LIMIT_FIELDS[type];
  if (!name) return undefined; // The type itself is the fault.
  const limit: unknown = dto[name];
  const valid = Number.isInteger(limit) && (limit as number) >= 0 && (limit as number) <= MAX_INT;
  return valid ? undefined : `${name} must be an integer between 0 and ${MAX_INT}`;
};

/** When a task may start, as far as others are concerned. */
export class RuleDto {
  /** `Concurency` is an older spelling of `Concurrency`. */
  @ApiProperty({ enum: Object.keys(LIMIT_FIELDS), example: 'Concurrency' })
  @ValidateBy({
    name: 'hasLimit',
    validator: {
      validate: (_type, args) => limitFault(args!.object as RuleDto) === undefined,
      defaultMessage: (args) => limitFault(args!.object as RuleDto)!,
    },
  })
  @IsIn(Object.keys(LIMIT_FIELDS), { message: `must be one of ${Object.keys(LIMIT_FIELDS).join(', ')}` })
  type: keyof typeof LIMIT_FIELDS;

  /** For Concurrency: start only while fewer tasks match. */
  @ApiProperty({ required: false, type: 'integer', minimum: 0, maximum: MAX_INT, example: 3 })
  max_concurrency?: number;

  /** The same, for the older spelling. */
  @ApiProperty({ required: false, type: 'integer', minimum: 0, maximum: MAX_INT })
  max_concurency?: number;

  /** For Capacity: start only while less work is left in matching tasks. */
  @ApiProperty({ required: false, type: 'integer', minimum: 0, maximum: MAX_INT })
  max_capacity?: number;

  @ApiProperty({ type: () => MatcherDto })
  @ValidateBy({
    name: 'isRunningForCapacity',
    validator: {
      validate: (matcher: MatcherDto, args) =>
        (args!.object as RuleDto).type !== 'Capacity' || matcher.status === 'Running',
      defaultMessage: () => 'must have status Running in a Capacity rule',
    },
  })
  @ValidateNested()
  @IsObject({ message: 'must be an object' })
  matcher: MatcherDto;

  /** A rule in plain JSON, as a DTO that can be validated, whatever it is. */
  static from(plain: unknown): RuleDto {
    const dto = fill(new RuleDto(), plain);
    if (dto.matcher !== undefined) dto.matcher = MatcherDto.from(dto.matcher);
    return dto;
  }

  /** The rule in the spelling in which it came, without members that do not belong to it. */
  static toRule({ type, matcher: { kind, status, fields }, ...limits }: RuleDto): Rule {
    const limit = LIMIT_FIELDS[type];
    return { type, [limit]: limits[limit], matcher: { kind, status, fields } } as Rule;
  }
}
