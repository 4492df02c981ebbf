import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';

const TYPES = [
  { type: 'object' },
  { type: 'array', items: {} },
  { type: 'string' },
  { type: 'number' },
  { type: 'boolean' },
  { type: 'null' },
];

/** Describes a field that holds any JSON. Without it the document would claim an object. */
export const ApiAnyJson = (options: Pick<ApiPropertyOptions, 'required' | 'example'> = {}): PropertyDecorator =>
  ApiProperty({ ...options, oneOf: TYPES } as ApiPropertyOptions);
