import { ValidateBy } from 'class-validator';

/** The largest value of a PostgreSQL integer. */
export const MAX_INT = 2147483647;

/** Accepts an integer from `min` to `max`. */
export const IsWhole = (min: number, max: number) =>
  ValidateBy({
    name: 'isWhole',
    validator: {
      validate: (value: unknown) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
      defaultMessage: (args) =>
        Number.isInteger(args?.value) ? `must be between ${min} and ${max}` : 'must be an integer',
    },
  });
