import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';

const TYPES = [
  { type: 'object' },
  { type: 'array', items: {} },
  { type: 'string' },
  { type: 'number' },
  { type: 'boolean' },
  { type: 'null' },
];

/** Names of the fields with any JSON of clients: numbers in them keep every digit. */
export const OPAQUE_FIELDS: ReadonlySet<string> = new Set(['metadata', 'body', 'result']);

/** Documents a field of `OPAQUE_FIELDS` as any JSON; by default it would be documented as an object. */
export const ApiAnyJson = (options: Pick<ApiPropertyOptions, 'required' | 'example'> = {}): PropertyDecorator =>
  ApiProperty({ ...options, oneOf: TYPES } as ApiPropertyOptions);
