import type { OpenAPIObject } from '@nestjs/swagger';
import { problemResponse } from './api-problem';
import { isOpen } from './open-paths';

const SCHEMES = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description:
      'One of the tokens in `AUTH_TOKEN`, or in `AUTH_TOKEN_READ` to read only. If `AUTH_TOKEN` is not set, no token is needed.',
  },
  basic: {
    type: 'http',
    scheme: 'basic',
    description: 'For browsers: any user name, with the token as password. Read-only.',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'hookline_session',
    description:
      'The cookie of `POST /session`. Requests that change something must come from a page of this service, as the ' +
      'browser says in `Sec-Fetch-Site` or `Origin`.',
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
    for (const [method, operation] of Object.entries({ get, put, post, patch, delete: remove })) {
      if (!operation) continue;
      if (isOpen(path, method.toUpperCase())) {
        operation.security = [];
        continue;
      }
      const acceptsHandle = path === HANDLE_PATH ? operation !== remove : path === ADD_TASKS_PATH && operation === post;
      operation.security = [
        { bearer: [] },
        ...(operation === get ? [{ basic: [] }] : []),
        { session: [] },
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
