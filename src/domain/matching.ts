import { ExactNumber } from './exact-number';
import { isObject } from './json';
import type { Matcher } from './rule';
import type { TaskStatus } from './task-status';

/** Returns the values of metadata fields, or undefined if one is missing: a task without a field never equals another. */
export function valuesOf(fields: readonly string[], metadata: unknown): Record<string, unknown> | undefined {
  const known: Record<string, unknown> = isObject(metadata) ? metadata : {};
  if (!fields.every((field) => Object.hasOwn(known, field))) return undefined;
  return Object.fromEntries(fields.map((field) => [field, known[field]]));
}

/** Returns the metadata fields that are missing. */
export function missingOf(fields: readonly string[], metadata: unknown): string[] {
  const known: Record<string, unknown> = isObject(metadata) ? metadata : {};
  return fields.filter((field) => !Object.hasOwn(known, field));
}

/** Holds each distinct matcher once, by kind and status. The order of a matcher's fields does not distinguish it. */
export class MatcherIndex {
  private readonly matchers = new Map<string, Matcher[]>();

  constructor(matchers: Iterable<Matcher>) {
    const seen = new Set<string>();
    for (const { kind, status, fields } of matchers) {
      const matcher = { kind, status, fields: [...fields].sort() };
      const text = JSON.stringify(matcher);
      if (seen.has(text)) continue;
      seen.add(text);
      const key = JSON.stringify([kind, status]);
      this.matchers.set(key, [...(this.matchers.get(key) ?? []), matcher]);
    }
  }

  /** Returns the matchers of tasks of this kind and status, with sorted fields. */
  of(kind: string, status: TaskStatus): readonly Matcher[] {
    return this.matchers.get(JSON.stringify([kind, status])) ?? [];
  }
}

/** Writes JSON with sorted keys and normal numbers, so that values which are equal to PostgreSQL (1.0 and 1) have equal texts. */
export const canonical = (value: unknown): string => JSON.stringify(sorted(value));

const texts = new WeakMap<object, string>();

/** Writes metadata fields as canonical JSON. Arrays and objects are written once: dozens of rules may name the same ones. */
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
