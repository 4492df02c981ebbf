import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayUnique, IsArray, IsIn, IsObject, IsString, ValidateBy } from 'class-validator';
import type { Rule } from '../../domain/rule';
import { TASK_STATUSES, type TaskStatus } from '../../domain/task-status';
import { IsText } from '../../http/is-text';
import { MAX_INT } from '../../http/is-whole';
import { Nested } from '../../http/nested';

const MAX_FIELDS = 32;
/** Rules on one task at most. */
export const MAX_RULES = 32;

/** Every type in every spelling that is understood, and the names of its limit: its own one first. */
const LIMIT_FIELDS = {
  Concurrency: ['max_concurrency', 'max_concurency'],
  Concurency: ['max_concurency', 'max_concurrency'],
  Capacity: ['max_capacity'],
} as const;

/** The member in which a rule has its limit, or should have it. */
function limitFieldOf(rule: RuleDto): keyof RuleDto | undefined {
  // Whatever a client takes for a type: only these are, and not what every object has.
  if (typeof rule.type !== 'string' || !Object.hasOwn(LIMIT_FIELDS, rule.type)) return undefined;
  const names: readonly (keyof RuleDto)[] = LIMIT_FIELDS[rule.type];
  return names.find((name) => rule[name] !== undefined && rule[name] !== null) ?? names[0];
}

/** A whole number from 1, where the rule has its limit in this member. */
const IsLimit = () =>
  ValidateBy({
    name: 'isLimit',
    validator: {
      validate: (value: unknown, args) => args!.property !== limitFieldOf(args!.object as RuleDto) || isWhole(value),
      defaultMessage: () => `must be an integer between 1 and ${MAX_INT}`,
    },
  });

const isWhole = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_INT;

/** Which tasks a rule, or a deduplication, looks at. */
export class MatcherDto {
  @ApiProperty({ example: 'deploy' })
  @IsText(100)
  kind: string;

  /** `Running` includes `Claimed` tasks and those paused while running. */
  @ApiProperty({ enum: TASK_STATUSES, example: 'Running' })
  @IsIn(TASK_STATUSES, { message: `must be one of ${TASK_STATUSES.join(', ')}` })
  status: TaskStatus;

  /** Fields of the metadata whose values must be the same as the candidate's. Required; an empty array compares none. */
  @ApiProperty({ type: [String], example: ['project'] })
  @IsString({ each: true, message: 'must be an array of texts' })
  @ArrayUnique({ message: 'must not name a field twice' })
  @ArrayMaxSize(MAX_FIELDS, { message: `must be at most ${MAX_FIELDS} fields` })
  @IsArray({ message: 'must be an array of texts' })
  fields: string[];
}

/** Work is left only in what has begun. */
class CapacityMatcherDto extends MatcherDto {
  @IsIn(['Running'], { message: 'must be Running in a Capacity rule' })
  declare status: TaskStatus;
}

/** When a task may start, as far as others are concerned. */
export class RuleDto {
  /** `Concurency` is an older spelling of `Concurrency`. */
  @ApiProperty({ enum: Object.keys(LIMIT_FIELDS), example: 'Concurrency' })
  @IsIn(Object.keys(LIMIT_FIELDS), { message: `must be one of ${Object.keys(LIMIT_FIELDS).join(', ')}` })
  type: keyof typeof LIMIT_FIELDS;

  /** For Concurrency: start only while fewer tasks match. */
  @ApiProperty({ required: false, type: 'integer', minimum: 1, maximum: MAX_INT, example: 3 })
  @IsLimit()
  max_concurrency?: number;

  /** The same, for the older spelling. */
  @ApiProperty({ required: false, type: 'integer', minimum: 1, maximum: MAX_INT })
  @IsLimit()
  max_concurency?: number;

  /** For Capacity: start only while less work is left in matching tasks. */
  @ApiProperty({ required: false, type: 'integer', minimum: 1, maximum: MAX_INT })
  @IsLimit()
  max_capacity?: number;

  @ApiProperty({ type: () => MatcherDto })
  @Nested<RuleDto>(({ type }) => (type === 'Capacity' ? CapacityMatcherDto : MatcherDto))
  @IsObject({ message: 'must be an object' })
  matcher: MatcherDto;

  /** The rule in the spelling in which it came, without members that do not belong to it. */
  static toRule(dto: RuleDto): Rule {
    const { kind, status, fields } = dto.matcher;
    const limit = limitFieldOf(dto)!;
    return { type: dto.type, [limit]: dto[limit], matcher: { kind, status, fields } } as Rule;
  }
}
