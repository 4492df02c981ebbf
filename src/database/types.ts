import { type CustomTypesConfig, types } from 'pg';
import { readJson } from '../domain/exact-number';

const PARSERS = new Map<number, (text: string) => unknown>([
  [types.builtins.JSON, readJson],
  [types.builtins.JSONB, readJson],
]);

/** Parsers of database values; JSON keeps numbers that JavaScript would round. */
export const TYPES = {
  getTypeParser: (oid: number, format?: 'text'): unknown => PARSERS.get(oid) ?? types.getTypeParser(oid, format),
} as CustomTypesConfig;
