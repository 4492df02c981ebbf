import { ValidateBy } from 'class-validator';
import { storedLength } from '../domain/exact-number';

/** Accepts any JSON of at most `maxBytes`. Exponents count as written out: 1e9 takes ten bytes. */
export const IsJsonOfAtMost = (maxBytes: number) =>
  ValidateBy({
    name: 'isJsonOfAtMost',
    validator: {
      validate: (value: unknown) => storedLength(value) <= maxBytes,
      defaultMessage: () => `must be at most ${maxBytes} bytes of JSON`,
    },
  });
