import type { OpenAPIObject } from '@nestjs/swagger';
import { IGNORED_HEADER } from './ignored-input';
import { problemResponse } from './api-problem';

/** Ignores its parameters without a word: they are for its scripts. */
const PAGE = '/view';

const PREFER = {
  name: 'Prefer',
  in: 'header',
  required: false,
  description: '`handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400.',
  schema: { type: 'string', examples: ['handling=strict'] },
} as const;

type Headers = NonNullable<NonNullable<OpenAPIObject['components']>['headers']>;

const HEADERS: Headers = {
  [IGNORED_HEADER]: {
    description:
      'Parameters and members of the request that the service does not know and has ignored: at most 20 paths, ' +
      'percent-encoded, then `...`.',
    schema: { type: 'string', examples: ['tasks[0].timout, stats'] },
  },
  'Preference-Applied': {
    description: 'Present if the request prefers strict handling.',
    schema: { type: 'string', enum: ['handling=strict'] },
  },
};

/** Documents how all operations treat what they do not know. */
export function describeHandling({ paths, components }: OpenAPIObject): void {
  components!.headers = { ...components!.headers, ...HEADERS };
  const refs = Object.fromEntries(Object.keys(HEADERS).map((name) => [name, { $ref: `#/components/headers/${name}` }]));
  for (const [path, { get, put, post, patch, delete: remove }] of Object.entries(paths)) {
    if (path === PAGE) continue;
    for (const operation of [get, put, post, patch, remove]) {
      if (!operation) continue;
      operation.responses[400] ??= problemResponse(400);
      operation.parameters = [...(operation.parameters ?? []), PREFER];
      for (const [status, response] of Object.entries(operation.responses)) {
        if (response && !('$ref' in response) && status < '300') response.headers = { ...response.headers, ...refs };
      }
    }
  }
}
