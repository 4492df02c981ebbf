import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';

const TYPES = [
  { type: 'object' },
  { type: 'array', items: {} },
  { type: 'string' },
  { type: 'number' },
  { type: 'boolean' },
  { type: 'null' },
];

const names = new Set<string>();

/** Names of the fields that hold any JSON. */
export const anyJsonFields: ReadonlySet<string> = names;

/**
 * Describes a field that holds any JSON. Without it the document would claim an object. Numbers in such a field are kept
 * as they were written.
 */
export const ApiAnyJson =
  (options: Pick<ApiPropertyOptions, 'required' | 'example'> = {}): PropertyDecorator =>
  (prototype, name) => {
    names.add(String(name));
    ApiProperty({ ...options, oneOf: TYPES } as ApiPropertyOptions)(prototype, name);
  };
