import { ValidateBy } from 'class-validator';

/** A text that is not blank and has at most so many Unicode code points. */
export const IsText = (max: number) =>
  ValidateBy({
    name: 'isText',
    validator: {
      // Code points are counted only where UTF-16 units leave a doubt: each is one or two of them.
      validate: (value: unknown) =>
        typeof value === 'string' &&
        value.trim() !== '' &&
        (value.length <= max || (value.length <= 2 * max && [...value].length <= max)),
      defaultMessage: () => `must be a text that is not blank, of at most ${max} characters`,
    },
  });
