import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiParam, type ApiParamOptions, ApiQuery } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Client } from '../config/tokens';
import { InvalidRequest } from '../domain/errors';
import { isUuid } from './is-uuid';
import { UnacceptableBody } from './json-body';

declare module 'fastify' {
  interface FastifyRequest {
    /** The attempt whose handle token is the only token of the request, which may act only for that attempt. */
    handleOf?: { taskId: string; attempt: number };
    /** Who sends the request; absent for receivers, and while no token is configured. */
    client?: Client;
  }
}

// These decorators read the request themselves: each pipe on a parameter would cost a request several promises.

const requestOf = (context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest>();

/** Documents a parameter beside its decorator. */
export const documentedBy =
  (decorator: MethodDecorator): ParameterDecorator =>
  (controller, method) =>
    decorator(controller, method!, Object.getOwnPropertyDescriptor(controller, method!)!);

/** Documents a parameter in the path. */
const documented = (parameter: ApiParamOptions) => documentedBy(ApiParam(parameter));

function uuidIn({ params }: FastifyRequest, name: string): string {
  const value = (params as Record<string, string>)[name];
  if (!isUuid(value)) throw new InvalidRequest('The request is not valid', [`${name}: must be a UUID`]);
  return value.toLowerCase();
}

/** Creates a decorator for a UUID in the path: it passes the UUID in lower case and documents the parameter. */
const uuidParam = (name: string, description: string) =>
  createParamDecorator(
    (_data: unknown, context: ExecutionContext): string => uuidIn(requestOf(context), name),
    [documented({ name, description, schema: { type: 'string', format: 'uuid' } })],
  );

export const TaskId = uuidParam('id', 'Id of the task');
export const BatchId = uuidParam('batch_id', 'Id of the batch');
export const DeliveryId = uuidParam('id', 'Id of the delivery');

/** Passes the name of the client's token for the audit log; null while no token is configured. */
export const Actor = createParamDecorator(
  (_data: unknown, context: ExecutionContext): string | null => requestOf(context).client?.name ?? null,
);

const SCHEDULE_NAME = /^[\w.-]{1,100}$/;

/** Passes the name of a schedule in the path, and documents the parameter. */
export const ScheduleName = createParamDecorator(
  (_data: unknown, context: ExecutionContext): string => {
    const { name } = requestOf(context).params as { name: string };
    if (SCHEDULE_NAME.test(name)) return name;
    throw new InvalidRequest('The request is not valid', [
      'name: must have 1 to 100 of the characters A-Z a-z 0-9 . _ -',
    ]);
  },
  [
    documented({
      name: 'name',
      description: 'Name of the schedule: 1 to 100 of the characters `A-Z a-z 0-9 . _ -`',
      schema: { type: 'string', maxLength: 100, pattern: '^[A-Za-z0-9._-]+$' },
    }),
  ],
);

/** Numbers up to 999,999: reruns add attempts beyond those of the retry policy. */
const ATTEMPT = /^[1-9]\d{0,5}$/;

const attemptOf = ({ query }: FastifyRequest): number => {
  const { attempt } = query as { attempt?: unknown };
  if (attempt === undefined) return 1;
  if (typeof attempt === 'string' && ATTEMPT.test(attempt)) return Number(attempt);
  throw new InvalidRequest('The request is not valid', ['attempt: must be the number of an attempt, from 1']);
};

/** The attempt that a request to a handle is about. */
export interface HandleTarget {
  /** Id of the task. */
  id: string;
  /** The query parameter `attempt` of the handle, or 1 without it. */
  attempt: number;
  /** The only attempt that the caller may change; undefined for a client that may change any and names none. */
  ownAttempt: number | undefined;
  /** Name of the client's token, null while no token is configured; undefined for a receiver with its handle. */
  actor: string | null | undefined;
}

/** Passes what a request to a handle is about. One decorator, as each one costs a request several promises. */
export const Handle = createParamDecorator(
  (_data: unknown, context: ExecutionContext): HandleTarget => {
    const request = requestOf(context);
    const attempt = attemptOf(request);
    const isOwn = request.handleOf !== undefined || 'attempt' in (request.query as object);
    const actor = request.handleOf ? undefined : (request.client?.name ?? null);
    return { id: uuidIn(request, 'id'), attempt, ownAttempt: isOwn ? attempt : undefined, actor };
  },
  [
    documented({ name: 'id', description: 'Id of the task', schema: { type: 'string', format: 'uuid' } }),
    documentedBy(
      ApiQuery({
        name: 'attempt',
        required: false,
        description: 'The attempt that the request is about, as the handle names it.',
        schema: { type: 'integer', minimum: 1, default: 1 },
      }),
    ),
  ],
);

/**
 * Passes a valid body. Endpoints without this decorator (pause, resume, cancel) accept an empty body of any declared
 * type, as some clients send one.
 */
export const JsonBody = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  acceptable(requestOf(context).body),
);

/** Passes the body as parsed, or `UnacceptableBody`, to endpoints that report its faults themselves. */
export const RawBody = createParamDecorator((_data: unknown, context: ExecutionContext) => requestOf(context).body);

/** @throws {InvalidRequest} if the body is missing or was not accepted by the parser. */
export function acceptable(body: unknown): unknown {
  if (body instanceof UnacceptableBody) throw body.problem;
  if (body === undefined) throw new InvalidRequest('The request is not valid', ['body: must not be empty']);
  return body;
}
