import { components } from '../../openapi.json';
import { OPAQUE_FIELDS } from '../../src/http/any-json';

it('OPAQUE_FIELDS names all fields that the API documents as any JSON, and no others', () => {
  const isAnyJson = (schema: object): boolean =>
    'oneOf' in schema && JSON.stringify(schema.oneOf).includes(JSON.stringify({ type: 'null' }));
  const fields = Object.values(components.schemas).flatMap(({ properties }) =>
    Object.entries<object>(properties).flatMap(([name, schema]) => (isAnyJson(schema) ? [name] : [])),
  );
  expect([...OPAQUE_FIELDS].sort()).toEqual([...new Set(fields)].sort());
});
