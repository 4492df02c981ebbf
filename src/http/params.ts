import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { InvalidRequest } from '../domain/errors';
import { UnacceptableBody } from './json-body';

// Decorators that read by themselves, and no pipes: each pipe on a parameter costs a request several promises.

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const requestOf = (context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest>();

/** A parameter of the path that is what PostgreSQL takes for a UUID, of any version; in lower case. */
export const UuidParam = createParamDecorator((name: string, context: ExecutionContext): string => {
  const value = (requestOf(context).params as Record<string, string>)[name];
  if (!UUID.test(value)) throw new InvalidRequest('The request is not valid', [`${name}: must be a UUID`]);
  return value.toLowerCase();
});

/**
 * An acceptable body. Endpoints that read none (pause, resume, cancel) may be called with an empty body of any declared
 * type, as some clients do.
 */
export const JsonBody = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  acceptable(requestOf(context).body),
);

/** The body as it came, for endpoints that say themselves what is wrong with it: its value, or `UnacceptableBody`. */
export const RawBody = createParamDecorator((_data: unknown, context: ExecutionContext) => requestOf(context).body);

/** @throws {InvalidRequest} unless there is a body that can be taken as it is. */
export function acceptable(body: unknown): unknown {
  if (body instanceof UnacceptableBody) throw body.problem;
  if (body === undefined) throw new InvalidRequest('The request is not valid', ['body: must not be empty']);
  return body;
}
