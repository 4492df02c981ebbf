import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';

/** Returns the values of a query parameter given several times, or once with commas between them. Each appears once. */
export const valuesOf = (given: string | string[]): string[] => [
  ...new Set([given].flat().flatMap((text) => text.split(','))),
];

/** Documents a query parameter that takes several of these values. */
export const ApiSomeOf = (values: readonly string[]): PropertyDecorator =>
  ApiProperty({
    required: false,
    // Otherwise the document would have this whole description as that of an item.
    isArray: false,
    schema: { type: 'array', items: { type: 'string', enum: values } },
  } as ApiPropertyOptions);
