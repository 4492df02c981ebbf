import { ExactNumber } from './exact-number';

/** Returns whether a value is a JSON object: not null, an array, or an `ExactNumber`. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
