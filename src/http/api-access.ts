import type { OpenAPIObject } from '@nestjs/swagger';
import { problemResponse } from './api-problem';
import { isOpen } from './open-paths';

const SCHEMES = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'One of the tokens in `AUTH_TOKEN`. If the variable is not set, no token is needed.',
  },
  basic: {
    type: 'http',
    scheme: 'basic',
    description: 'For browsers: any user name, with the token as password. Read-only.',
  },
  handle: {
    type: 'apiKey',
    in: 'query',
    name: 'token',
    description:
      'The token in the `handle` of a webhook call. It allows reports on that task, and to add tasks to its batch; the ' +
      'token of a notification is read-only.',
  },
} as const;

const HANDLE_PATH = '/task/{id}';
const ADD_TASKS_PATH = '/batch/{batch_id}/task';

/** Documents how to authenticate each operation, and its answers to requests without access. */
export function describeAccess({ paths, components }: OpenAPIObject): void {
  components!.securitySchemes = SCHEMES;
  for (const [path, { get, put, post, patch, delete: remove }] of Object.entries(paths)) {
    if (isOpen(path)) continue;
    for (const operation of [get, put, post, patch, remove]) {
      if (!operation) continue;
      const acceptsHandle = path === HANDLE_PATH ? operation !== remove : path === ADD_TASKS_PATH && operation === post;
      operation.security = [
        { bearer: [] },
        ...(operation === get ? [{ basic: [] }] : []),
        ...(acceptsHandle ? [{ handle: [] }] : []),
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
