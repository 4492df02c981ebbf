import { ValidateBy } from 'class-validator';
import { storedLength } from '../domain/exact-number';

/** Any JSON whose text is at most so many bytes long, with numbers written out: 1e9 takes ten of them. */
export const IsJsonOfAtMost = (maxBytes: number) =>
  ValidateBy({
    name: 'isJsonOfAtMost',
    validator: {
      validate: (value: unknown) => storedLength(value) <= maxBytes,
      defaultMessage: () => `must be at most ${maxBytes} bytes of JSON`,
    },
  });
