import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray } from 'class-validator';
import type { Rule } from '../domain/rule';
import { IsText } from '../http/is-text';
import { NestedList } from '../http/nested';
import { validated } from '../http/validation';
import { MAX_RULES, RuleDto } from '../rules/dto/rule.dto';

/** New rules for the unfinished tasks of one kind. */
export class UpdateRulesDto {
  @ApiProperty({ example: 'deploy' })
  @IsText(100)
  kind: string;

  /** Replace the old ones; an empty array removes them. */
  @ApiProperty({ type: () => [RuleDto] })
  @NestedList(() => RuleDto, 'must be an array of rules')
  @ArrayMaxSize(MAX_RULES, { message: `must be at most ${MAX_RULES} rules` })
  @IsArray({ message: 'must be an array of rules' })
  rules: RuleDto[];

  /** @throws {InvalidRequest} naming every fault. */
  static parse(body: unknown): { kind: string; rules: Rule[] } {
    const { kind, rules } = validated(UpdateRulesDto, body);
    return { kind, rules: rules.map((rule) => RuleDto.toRule(rule)) };
  }
}

export class RulesUpdatedDto {
  @ApiProperty({ format: 'uuid' })
  batch_id: string;

  @ApiProperty({ example: 'deploy' })
  kind: string;

  /** Tasks that have these rules now. */
  @ApiProperty({ type: 'integer', example: 12 })
  updated_count: number;
}
