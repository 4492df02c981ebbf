import { ExactNumber } from './exact-number';
import { isObject } from './json';

/**
 * The values of these metadata fields, or undefined when one is missing: a task without a field never equals another
 * in it.
 */
export function valuesOf(fields: readonly string[], metadata: unknown): Record<string, unknown> | undefined {
  const known: Record<string, unknown> = isObject(metadata) ? metadata : {};
  if (!fields.every((field) => Object.hasOwn(known, field))) return undefined;
  return Object.fromEntries(fields.map((field) => [field, known[field]]));
}

/** JSON with the keys of objects in order, so that values that PostgreSQL takes for equal have equal texts: 1.0 is 1. */
export const canonical = (value: unknown): string => JSON.stringify(sorted(value));

const texts = new WeakMap<object, string>();

/**
 * Writes metadata fields in that form. Values that are arrays or objects are written once, and kept as long as those are
 * there: dozens of rules may name the same ones.
 */
export function canonicalFields(fields: Record<string, unknown>): string {
  const members = Object.keys(fields)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${textOf(fields[name])}`);
  return `{${members.join(',')}}`;
}

function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return canonical(value);
  const known = texts.get(value) ?? canonical(value);
  texts.set(value, known);
  return known;
}

function sorted(value: unknown): unknown {
  if (value instanceof ExactNumber) return value.normal;
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(([name, part]) => [name, sorted(part)] as const);
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
}
