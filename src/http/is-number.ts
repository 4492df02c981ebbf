import { ValidateBy } from 'class-validator';

/** Accepts a number from `min` to `max`. */
export const IsNumberBetween = (min: number, max: number) =>
  ValidateBy({
    name: 'isNumberBetween',
    validator: {
      validate: (value: unknown) => typeof value === 'number' && value >= min && value <= max,
      defaultMessage: () => `must be a number between ${min} and ${max}`,
    },
  });
