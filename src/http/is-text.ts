import { ValidateBy } from 'class-validator';

/** A text that has at most so many Unicode code points. */
export const IsTextOfAtMost = (max: number) =>
  ValidateBy({
    name: 'isTextOfAtMost',
    validator: {
      validate: (value: unknown) => isTextOfAtMost(value, max),
      defaultMessage: () => `must be a text of at most ${max} characters`,
    },
  });

/** A text that is not blank and has at most so many Unicode code points. */
export const IsText = (max: number) =>
  ValidateBy({
    name: 'isText',
    validator: {
      validate: (value: unknown) => isTextOfAtMost(value, max) && value.trim() !== '',
      defaultMessage: () => `must be a text that is not blank, of at most ${max} characters`,
    },
  });

/** Counts code points only where UTF-16 units leave a doubt: each code point is one or two of them. */
const isTextOfAtMost = (value: unknown, max: number): value is string =>
  typeof value === 'string' && (value.length <= max || (value.length <= 2 * max && [...value].length <= max));
