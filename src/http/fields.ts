import { applyDecorators } from '@nestjs/common';
import { IsIn, IsOptional } from 'class-validator';
import { ApiSomeOf, valuesOf } from './query-list';

/** Accepts names of members that are added to each item, for a query that `withFields` has read. */
export const IsFields = (names: readonly string[]): PropertyDecorator =>
  applyDecorators(
    ApiSomeOf(names),
    IsOptional(),
    IsIn(names, { each: true, message: `must be any of ${names.join(', ')}, separated by commas` }),
  );

/** Returns the query with `fields` as a list. */
export function withFields(query: unknown): Record<string, unknown> {
  const { fields, ...rest } = query as { fields?: string | string[] };
  return fields === undefined ? rest : { ...rest, fields: valuesOf(fields) };
}
