import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { InvalidRequest } from '../domain/errors';
import { UnacceptableBody } from './json-body';

// These decorators read the request themselves: each pipe on a parameter would cost a request several promises.

/** A UUID of any version, as PostgreSQL accepts it. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const requestOf = (context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest>();

/** Creates a decorator for a UUID in the path: it passes the UUID in lower case and documents the parameter. */
const uuidParam = (name: string, description: string) =>
  createParamDecorator(
    (_data: unknown, context: ExecutionContext): string => {
      const value = (requestOf(context).params as Record<string, string>)[name];
      if (!UUID.test(value)) throw new InvalidRequest('The request is not valid', [`${name}: must be a UUID`]);
      return value.toLowerCase();
    },
    [
      (controller, method) => {
        const handler = Object.getOwnPropertyDescriptor(controller, method!)!;
        ApiParam({ name, description, schema: { type: 'string', format: 'uuid' } })(controller, method!, handler);
      },
    ],
  );

export const TaskId = uuidParam('id', 'Id of the task');
export const BatchId = uuidParam('batch_id', 'Id of the batch');
export const DeliveryId = uuidParam('id', 'Id of the delivery');

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
