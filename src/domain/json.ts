import { ExactNumber } from './exact-number';

/** A JSON object: neither null, nor an array, nor a number that is kept as it was written. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
