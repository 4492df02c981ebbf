import type { OpenAPIObject } from '@nestjs/swagger';
import { problemResponse } from './api-problem';
import { isOpen } from './open-paths';

const SCHEMES = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'One of the tokens in `AUTH_TOKEN`. Without that variable, no call needs any.',
  },
  basic: {
    type: 'http',
    scheme: 'basic',
    description: 'For browsers: any user name, and the token as password. For reading only.',
  },
  handle: {
    type: 'apiKey',
    in: 'query',
    name: 'token',
    description:
      'The token that the `handle` of a webhook call has in it, for that one task: to report on it, or, from a notification, to read.',
  },
} as const;

const HANDLE_PATH = '/task/{id}';

/** Says of every operation what it needs if access is guarded, and how it refuses those who do not have it. */
export function describeAccess({ paths, components }: OpenAPIObject): void {
  components!.securitySchemes = SCHEMES;
  for (const [path, { get, put, post, patch, delete: remove }] of Object.entries(paths)) {
    if (isOpen(path)) continue;
    for (const operation of [get, put, post, patch, remove]) {
      if (!operation) continue;
      operation.security = [
        { bearer: [] },
        ...(operation === get ? [{ basic: [] }] : []),
        ...(path === HANDLE_PATH && operation !== remove ? [{ handle: [] }] : []),
      ];
      operation.responses = {
        ...operation.responses,
        401: problemResponse(401),
        403: problemResponse(403),
        429: problemResponse(429),
      };
    }
  }
}
