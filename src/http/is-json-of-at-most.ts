import { ValidateBy } from 'class-validator';

/** Any JSON whose text is at most so many bytes long. */
export const IsJsonOfAtMost = (maxBytes: number) =>
  ValidateBy({
    name: 'isJsonOfAtMost',
    validator: {
      validate: (value: unknown) => Buffer.byteLength(JSON.stringify(value)) <= maxBytes,
      defaultMessage: () => `must be at most ${maxBytes} bytes of JSON`,
    },
  });
