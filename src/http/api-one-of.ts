import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';

/** Documents the values of a query parameter. `ApiProperty({ enum })` would be left out of the document. */
export const ApiOneOf = (values: readonly string[]): PropertyDecorator =>
  ApiProperty({ required: false, schema: { type: 'string', enum: values } } as ApiPropertyOptions);
