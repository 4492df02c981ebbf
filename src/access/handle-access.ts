import type { FastifyRequest } from 'fastify';
import { type HandleGrant, type HandleTokens } from './handle-tokens';

const HANDLE_ROUTE = '/task/:id';
const HANDLE_METHODS: ReadonlySet<string> = new Set(['GET', 'PATCH', 'PUT']);
const ADD_TASKS_ROUTE = '/batch/:batch_id/task';

/**
 * Returns what the handle token of a request permits. Undefined if the request has none, or comes to an endpoint that
 * accepts none.
 * @param bearer the token in the header `Authorization`.
 */
export function grantOf(
  request: FastifyRequest,
  bearer: string | undefined,
  handles: HandleTokens,
): HandleGrant | undefined {
  const { method, routeOptions, query } = request;
  const { token } = query as { token?: unknown };
  if (routeOptions.url === HANDLE_ROUTE && HANDLE_METHODS.has(method)) return ownGrant(request, token, handles);
  if (routeOptions.url !== ADD_TASKS_ROUTE || method !== 'POST') return undefined;
  if (token === undefined) return bearer === undefined ? undefined : handles.grantOf(bearer);
  return (typeof token === 'string' ? handles.grantOf(token) : undefined) ?? INVALID;
}

const INVALID: HandleGrant = { taskId: '', attempt: 0, check: 'invalid' };

/** Returns what a token permits on the handle that it stands in. */
function ownGrant({ params, query }: FastifyRequest, token: unknown, handles: HandleTokens): HandleGrant | undefined {
  if (token === undefined) return undefined;
  const taskId = (params as { id: string }).id.toLowerCase();
  const attempt = Number((query as { attempt?: unknown }).attempt ?? 1);
  const check = typeof token === 'string' ? handles.verify(taskId, attempt, token) : 'invalid';
  return { taskId, attempt, check };
}
