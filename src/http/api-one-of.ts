import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';

/** Describes a query parameter with a few values; an `enum` that is declared otherwise is left out of the document. */
export const ApiOneOf = (values: readonly string[]): PropertyDecorator =>
  ApiProperty({ required: false, schema: { type: 'string', enum: values } } as ApiPropertyOptions);
