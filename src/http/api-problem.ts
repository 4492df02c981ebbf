import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { DatabaseUnavailable, InvalidRequest, NotFound } from '../domain/errors';
import { plainProblem, PROBLEM_TYPE, problemOf, sentencedProblem } from './problem';
import { ProblemDetails } from './problem-details.dto';

const PROBLEMS = {
  400: {
    description: 'The request is not valid; `details` names every fault.',
    example: problemOf(new InvalidRequest('The request is not valid', ['id: must be a UUID'])).body,
  },
  401: {
    description: 'The service has an `AUTH_TOKEN`, and the request came without one that is valid for it.',
    example: sentencedProblem(401, 'Authentication is required: a Bearer token in the header Authorization', {}).body,
    headers: { 'WWW-Authenticate': { description: 'How to authenticate', schema: { type: 'string' } } },
  },
  403: {
    description:
      'A web page of another origin sent the request, or `Host` names another host, and `AUTH_TOKEN` is not set; or a ' +
      'report came to the handle of a notification, which is read-only.',
    example: sentencedProblem(
      403,
      'Requests from web pages of other origins are refused while AUTH_TOKEN is not set',
      {},
    ).body,
  },
  404: {
    description: 'What the request names does not exist, or not in a state that allows it.',
    example: problemOf(new NotFound('There is no such task')).body,
  },
  413: {
    description: 'The body is larger than `PAYLOAD_MAX_BYTES`, or a report than 512 KiB.',
    example: plainProblem(413).body,
  },
  415: { description: 'The body is not declared to be JSON.', example: plainProblem(415).body },
  429: {
    description: 'Too many wrong tokens have come from this address; valid ones are accepted all the same.',
    example: sentencedProblem(429, 'Too many attempts to authenticate have failed', {}).body,
    headers: { 'Retry-After': { description: 'Seconds', schema: { type: 'integer', minimum: 1 } } },
  },
  503: {
    description: 'The database cannot be reached; `Retry-After` says in how many seconds to try again.',
    example: problemOf(new DatabaseUnavailable('The database is unavailable', 30)).body,
    headers: { 'Retry-After': { description: 'Seconds', schema: { type: 'integer', minimum: 1 } } },
  },
} as const;

/** Documents that an endpoint may answer with problem documents of these statuses. */
export function ApiProblem(...statuses: (keyof typeof PROBLEMS)[]): MethodDecorator & ClassDecorator {
  return applyDecorators(
    ApiExtraModels(ProblemDetails),
    ...statuses.map((status) => ApiResponse({ status, ...problemResponse(status) })),
  );
}

/** An answer with a problem document, as an OpenAPI document describes it. */
export function problemResponse(status: keyof typeof PROBLEMS) {
  const { example, ...response } = PROBLEMS[status];
  return { ...response, content: { [PROBLEM_TYPE]: { schema: { $ref: getSchemaPath(ProblemDetails) }, example } } };
}
