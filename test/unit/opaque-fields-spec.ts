import { components } from '../../openapi.json';
import { OPAQUE_FIELDS } from '../../src/http/any-json';

it('OPAQUE_FIELDS names all fields that the API documents as any JSON, and no others', () => {
  const fields = Object.values(components.schemas).flatMap(({ properties }) =>
    Object.entries<{ oneOf?: object[] }>(properties).flatMap(([name, { oneOf }]) =>
      oneOf?.some((form) => 'type' in form && form.type === 'null') ? [name] : [],
    ),
  );
  expect([...OPAQUE_FIELDS].sort()).toEqual([...new Set(fields)].sort());
});
