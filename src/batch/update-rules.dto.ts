import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray } from 'class-validator';
import type { Rule } from '../domain/rule';
import { IsText } from '../http/is-text';
import { NestedList } from '../http/nested';
import { validated } from '../http/validation';
import { MAX_RULES, RuleDto } from '../rules/dto/rule.dto';

/** New rules for the unfinished tasks of one kind. */
export class UpdateRulesDto {
  /** Kind of the tasks to change; at most 100 characters. */
  @ApiProperty({ example: 'deploy', maxLength: 100 })
  @IsText(100)
  kind: string;

  /** Rules that replace the current ones, at most 32; an empty array removes all rules. */
  @ApiProperty({ type: () => [RuleDto] })
  @NestedList(() => RuleDto, 'must be an array of rules')
  @ArrayMaxSize(MAX_RULES, { message: `must have at most ${MAX_RULES} rules` })
  @IsArray({ message: 'must be an array of rules' })
  rules: RuleDto[];

  /** @throws {InvalidRequest} naming every fault. */
  static parse(body: unknown): { kind: string; rules: Rule[] } {
    const { kind, rules } = validated(UpdateRulesDto, body);
    return { kind, rules: rules.map((rule) => RuleDto.toRule(rule)) };
  }
}

/** How many tasks got the new rules. */
export class RulesUpdatedDto {
  /** Id of the batch. */
  @ApiProperty({ format: 'uuid' })
  batch_id: string;

  /** Kind of the changed tasks. */
  @ApiProperty({ example: 'deploy' })
  kind: string;

  /** Number of tasks that have the new rules. */
  @ApiProperty({ type: 'integer', example: 12 })
  updated_count: number;
}
