import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayUnique, IsArray, IsIn, IsObject, IsString, ValidateBy } from 'class-validator';
import type { Rule } from '../../domain/rule';
import { TASK_STATUSES, type TaskStatus } from '../../domain/task-status';
import { IsText } from '../../http/is-text';
import { MAX_INT } from '../../http/is-whole';
import { Nested } from '../../http/nested';

const MAX_FIELDS = 32;
/** Maximum number of rules on a task. */
export const MAX_RULES = 32;

/** The accepted spellings of the types, with the accepted names of their limit, the preferred one first. */
const LIMIT_FIELDS = {
  Concurrency: ['max_concurrency', 'max_concurency'],
  Concurency: ['max_concurency', 'max_concurrency'],
  Capacity: ['max_capacity'],
} as const;

/** Returns the name of the member that holds, or should hold, the limit of a rule. */
function limitFieldOf(rule: RuleDto): keyof RuleDto | undefined {
  // A client may send `toString` as a type, which every object has.
  if (typeof rule.type !== 'string' || !Object.hasOwn(LIMIT_FIELDS, rule.type)) return undefined;
  const names: readonly (keyof RuleDto)[] = LIMIT_FIELDS[rule.type];
  return names.find((name) => rule[name] !== undefined && rule[name] !== null) ?? names[0];
}

/** Requires an integer from 1 if this member holds the limit of the rule. */
const IsLimit = () =>
  ValidateBy({
    name: 'isLimit',
    validator: {
      validate: (value: unknown, args) => args!.property !== limitFieldOf(args!.object as RuleDto) || isWhole(value),
      defaultMessage: () => `must be an integer between 1 and ${MAX_INT}`,
    },
  });

const isWhole = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_INT;

/** Selects tasks, for a rule or for deduplication. */
export class MatcherDto {
  /** Kind of the tasks; at most 100 characters. */
  @ApiProperty({ example: 'deploy', maxLength: 100 })
  @IsText(100)
  kind: string;

  /** Status of the tasks. `Running` includes `Claimed` tasks and tasks paused while running. */
  @ApiProperty({ enum: TASK_STATUSES, example: 'Running' })
  @IsIn(TASK_STATUSES, { message: `must be one of ${TASK_STATUSES.join(', ')}` })
  status: TaskStatus;

  /** Metadata fields that must have the same values as those of the candidate, at most 32. Required; may be empty. */
  @ApiProperty({ type: [String], example: ['project'] })
  @IsString({ each: true, message: 'must be an array of strings' })
  @ArrayUnique({ message: 'must not name a field more than once' })
  @ArrayMaxSize(MAX_FIELDS, { message: `must have at most ${MAX_FIELDS} fields` })
  @IsArray({ message: 'must be an array of strings' })
  fields: string[];
}

/** Matches running tasks only: no other task has work left to count. */
class CapacityMatcherDto extends MatcherDto {
  @IsIn(['Running'], { message: 'must be Running in a Capacity rule' })
  declare status: TaskStatus;
}

/** Limits when a task may start, depending on the tasks that match. */
export class RuleDto {
  /** Type of the rule. `Concurency` is an older spelling of `Concurrency`. */
  @ApiProperty({ enum: Object.keys(LIMIT_FIELDS), example: 'Concurrency' })
  @IsIn(Object.keys(LIMIT_FIELDS), { message: `must be one of ${Object.keys(LIMIT_FIELDS).join(', ')}` })
  type: keyof typeof LIMIT_FIELDS;

  /** For `Concurrency`: start only while fewer than this many tasks match. */
  @ApiProperty({ required: false, type: 'integer', minimum: 1, maximum: MAX_INT, example: 3 })
  @IsLimit()
  max_concurrency?: number;

  /** Older spelling of `max_concurrency`. */
  @ApiProperty({ required: false, type: 'integer', minimum: 1, maximum: MAX_INT })
  @IsLimit()
  max_concurency?: number;

  /** For `Capacity`: start only while the matching tasks have fewer than this many items left. */
  @ApiProperty({ required: false, type: 'integer', minimum: 1, maximum: MAX_INT })
  @IsLimit()
  max_capacity?: number;

  /** Tasks that count towards the limit. */
  @ApiProperty({ type: () => MatcherDto })
  @Nested<RuleDto>(({ type }) => (type === 'Capacity' ? CapacityMatcherDto : MatcherDto))
  @IsObject({ message: 'must be an object' })
  matcher: MatcherDto;

  /** Returns the rule in the client's spelling, without members that do not belong to it. */
  static toRule(dto: RuleDto): Rule {
    const { kind, status, fields } = dto.matcher;
    const limit = limitFieldOf(dto)!;
    return { type: dto.type, [limit]: dto[limit], matcher: { kind, status, fields } } as Rule;
  }
}
