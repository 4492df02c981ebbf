import { ValidateBy, type ValidationOptions } from 'class-validator';
import { isObject } from '../../domain/json';

// RFC 9110: a name is a token; a value is visible text, blanks and tabs. Anything else could smuggle in a line break.
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Accepts an object of valid header names and values. */
export const IsHeaders = (options: ValidationOptions) =>
  ValidateBy(
    {
      name: 'isHeaders',
      validator: {
        validate: (value: unknown) =>
          isObject(value) &&
          Object.entries(value).every(
            ([name, text]) => NAME.test(name) && typeof text === 'string' && VALUE.test(text),
          ),
      },
    },
    options,
  );
