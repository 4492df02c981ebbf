import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { DatabaseUnavailable, InvalidRequest, NotFound } from '../domain/errors';
import { plainProblem, PROBLEM_TYPE, problemOf } from './problem';
import { ProblemDetails } from './problem-details.dto';

const PROBLEMS = {
  400: {
    description: 'The request is not valid; `details` names every fault.',
    example: problemOf(new InvalidRequest('The request is not valid', ['id: must be a UUID'])).body,
  },
  404: {
    description: 'What the request names does not exist, or not in a state that allows it.',
    example: problemOf(new NotFound('There is no such task')).body,
  },
  413: { description: 'The body is larger than `PAYLOAD_MAX_BYTES`.', example: plainProblem(413).body },
  415: { description: 'The body is not declared to be JSON.', example: plainProblem(415).body },
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
    ...statuses.map((status) => {
      const { example, ...response } = PROBLEMS[status];
      const content = { [PROBLEM_TYPE]: { schema: { $ref: getSchemaPath(ProblemDetails) }, example } };
      return ApiResponse({ status, ...response, content });
    }),
  );
}
