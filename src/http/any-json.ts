import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';

const TYPES = ['object', 'array', 'string', 'number', 'boolean', 'null'];

/** Describes a field that holds any JSON. Without it the document would claim an object. */
export const ApiAnyJson = (options: Pick<ApiPropertyOptions, 'required' | 'example'> = {}): PropertyDecorator =>
  ApiProperty({ ...options, type: TYPES } as unknown as ApiPropertyOptions);
