import { ValidateBy } from 'class-validator';

/** Accepts a text of at most `max` Unicode code points. */
export const IsTextOfAtMost = (max: number) =>
  ValidateBy({
    name: 'isTextOfAtMost',
    validator: {
      validate: (value: unknown) => isTextOfAtMost(value, max),
      defaultMessage: () => `must be a text of at most ${max} characters`,
    },
  });

/** Accepts a non-blank text of at most `max` Unicode code points. */
export const IsText = (max: number) =>
  ValidateBy({
    name: 'isText',
    validator: {
      validate: (value: unknown) => isTextOfAtMost(value, max) && value.trim() !== '',
      defaultMessage: () => `must be a non-blank text of at most ${max} characters`,
    },
  });

/** Counts code points only if the number of UTF-16 units does not decide: a code point takes one or two. */
const isTextOfAtMost = (value: unknown, max: number): value is string =>
  typeof value === 'string' && (value.length <= max || (value.length <= 2 * max && [...value].length <= max));
