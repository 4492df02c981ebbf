import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { Conflict, DatabaseUnavailable, InvalidRequest, NotFound, Unprocessable } from '../domain/errors';
import { plainProblem, PROBLEM_TYPE, problemOf } from './problem';
import { ProblemDetails } from './problem-details.dto';

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds to wait before the next attempt', schema: { type: 'integer', minimum: 1 } },
} as const;

const PROBLEMS = {
  400: {
    description:
      'The request is not valid (`details` lists the faults), or the status of the task or delivery does not allow it.',
    example: problemOf(new InvalidRequest('The request is not valid', ['id: must be a UUID'])).body,
  },
  401: {
    description: '`AUTH_TOKEN` is set, and the request has no valid token or session.',
    example: plainProblem(401, 'Authentication required: send a Bearer token in the header Authorization').body,
    headers: { 'WWW-Authenticate': { description: 'How to authenticate', schema: { type: 'string' } } },
  },
  403: {
    description:
      'The token is read-only, as are those of `AUTH_TOKEN_READ` and of the handles of notifications. Or the request comes ' +
      'from a web page of another origin, with a session or while `AUTH_TOKEN` is not set. Or it names another host.',
    example: plainProblem(403, 'Requests from web pages of other origins are refused while AUTH_TOKEN is not set').body,
  },
  404: {
    description: 'The resource does not exist. For a report: or the task accepts none, as `current_status` says.',
    example: problemOf(new NotFound('There is no such task')).body,
  },
  409: {
    description:
      'The current state does not allow the request; `detail` says why. For a task, `current_status` and ' +
      '`current_attempt` are given. `Retry-After` is set if a repetition may succeed.',
    example: problemOf(
      new Conflict('Attempt 1 is not the current one, which is attempt 2', {
        current_status: 'Running',
        current_attempt: 2,
      }),
    ).body,
  },
  413: {
    description:
      'The body is larger than `PAYLOAD_MAX_BYTES`, than 512 KiB for a report or an increment, or than 16 KiB for a sign-in.',
    example: plainProblem(413).body,
  },
  415: { description: 'The content type is not JSON.', example: plainProblem(415).body },
  422: {
    description: 'The `Idempotency-Key` was used for another request.',
    example: problemOf(new Unprocessable('The Idempotency-Key was used for another request')).body,
  },
  429: {
    description:
      'Too many requests with wrong tokens came from this address. Requests with a valid token are still accepted.',
    example: plainProblem(429, 'Too many failed attempts to authenticate').body,
    headers: RETRY_AFTER,
  },
  503: {
    description: 'The database is unavailable, or too many requests are waiting. `Retry-After` says when to try again.',
    example: problemOf(new DatabaseUnavailable('The database is unavailable', 30)).body,
    headers: RETRY_AFTER,
  },
} as const;

/** Documents the statuses with which an endpoint may answer a problem document. */
export function ApiProblem(...statuses: (keyof typeof PROBLEMS)[]): MethodDecorator & ClassDecorator {
  return applyDecorators(
    ApiExtraModels(ProblemDetails),
    ...statuses.map((status) => ApiResponse({ status, ...problemResponse(status) })),
  );
}

/** Returns the OpenAPI description of a problem document of this status. */
export function problemResponse(status: keyof typeof PROBLEMS) {
  const { example, ...response } = PROBLEMS[status];
  return { ...response, content: { [PROBLEM_TYPE]: { schema: { $ref: getSchemaPath(ProblemDetails) }, example } } };
}
