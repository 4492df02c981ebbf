import type { OpenAPIObject } from '@nestjs/swagger';

/** Lists the schemas' fields, parameters and answers of the OpenAPI document that have no description. */
export function undescribed({ components, paths }: OpenAPIObject): string[] {
  const fields = Object.entries(components?.schemas ?? {}).flatMap(([schema, definition]) =>
    'properties' in definition ? missing(`schema ${schema}, field`, definition.properties ?? {}) : [],
  );
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    (['get', 'post', 'put', 'patch', 'delete'] as const).flatMap((method) => {
      const { parameters = [], responses = {} } = item[method] ?? {};
      const named = parameters.map((parameter) => ['name' in parameter ? parameter.name : parameter.$ref, parameter]);
      return [
        ...missing(`${method} ${path}, parameter`, Object.fromEntries(named) as Record<string, object>),
        ...missing(`${method} ${path}, answer`, responses as Record<string, object>),
      ];
    }),
  );
  return [...fields, ...operations];
}

const missing = (place: string, members: Record<string, object>): string[] =>
  Object.entries(members).flatMap(([name, member]) =>
    'description' in member && String(member.description).trim() ? [] : [`${place} ${name}`],
  );
