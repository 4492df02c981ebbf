import type { OpenAPIObject } from '@nestjs/swagger';
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';

const HEAD = '// Written from openapi.json by `npm run artefacts`.\n';

/** Returns the types of the TypeScript client for the OpenAPI document. */
export async function clientTypes({ openapi, info, paths, components }: OpenAPIObject): Promise<string> {
  const document = { openapi, info, paths: withoutProblems(paths), components } as OpenAPI3;
  return (
    HEAD +
    astToString(await openapiTS(structuredClone(document), { emptyObjectsUnknown: true, defaultNonNullable: false }))
  );
}

/** Drops the error answers: the client throws them all as one type, and they would triple the length of the types. */
function withoutProblems(paths: OpenAPIObject['paths']): OpenAPIObject['paths'] {
  return JSON.parse(JSON.stringify(paths), (key, value: unknown) =>
    key === 'responses'
      ? Object.fromEntries(Object.entries(value as object).filter(([status]) => status < '300'))
      : value,
  ) as OpenAPIObject['paths'];
}
