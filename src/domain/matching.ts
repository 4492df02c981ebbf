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

/** JSON with the keys of objects in order, so that equal values have equal texts. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}
