import { z } from 'zod';

/** Documentation of a variable, for `.env.example`, docs/configuration.md and the errors at start. */
export interface Documentation {
  description: string;
  /** Unit or form of the value; absent for plain texts. */
  unit?: string;
  /** Smallest and largest value of a number. */
  range?: readonly [min: number, max: number];
  /** Effect of leaving the variable out, where that is more than a plain default. */
  fallback?: string;
  /** The value may hold a password and is never repeated. */
  secret?: boolean;
}

export const DAY_MS = 86_400_000;
export const DAY_SECS = 86_400;

const SWITCH_VALUES = new Map([
  ['1', true],
  ['true', true],
  ['yes', true],
  ['on', true],
  ['0', false],
  ['false', false],
  ['no', false],
  ['off', false],
]);

/** A whole number within bounds. */
export function whole(min: number, max: number, fallback: number, unit: string, description: string) {
  const must = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,10}$/, must)
    .transform(Number)
    .refine((value) => value >= min && value <= max, must)
    .default(fallback)
    .meta({ description, unit, range: [min, max] } satisfies Documentation);
}

const switched = z
  .string()
  .refine((value) => SWITCH_VALUES.has(value.toLowerCase()), 'must be 1, 0, true or false')
  .transform((value) => SWITCH_VALUES.get(value.toLowerCase())!);

/** A switch with a plain default. */
export function onOff(fallback: boolean, description: string) {
  return switched.default(fallback).meta({ description, unit: '1 or 0' } satisfies Documentation);
}

/** A switch whose default depends on other variables. */
export function optionalSwitch(description: string, fallback: string) {
  return switched.optional().meta({ description, unit: '1 or 0', fallback } satisfies Documentation);
}

interface ListForm {
  /** Plural noun for the items. */
  items: string;
  isOne: (item: string) => boolean;
  /** Normalises an item. */
  trimmed?: (item: string) => string;
  fallback?: string;
}

const trim = (text: string) => text.trim();

/** A comma-separated list; empty items are ignored. */
export function listOf({ items, isOne, trimmed = trim, fallback }: ListForm, description: string) {
  return z
    .string()
    .transform((value) => value.split(',').map(trimmed).filter(Boolean))
    .refine((list) => list.every(isOne), `must be comma-separated ${items}`)
    .default([])
    .meta({ description, unit: `comma-separated ${items}`, fallback } satisfies Documentation);
}

/** Comma-separated secrets; several at once allow rotation. */
export function secretsOf({ items, isOne, fallback }: Omit<ListForm, 'trimmed'>, description: string) {
  return (
    z
      .string()
      .transform((value) => value.split(',').map(trim))
      // An empty item is a secret that got lost, and a list without secrets would open the service.
      .refine((list) => list.every(isOne), `must be comma-separated ${items}`)
      .default([])
      .meta({ description, unit: `comma-separated ${items}`, fallback, secret: true } satisfies Documentation)
  );
}
