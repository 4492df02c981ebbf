import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { InvalidRequest } from '../domain/errors';

/** Numbers up to 999,999: reruns add attempts beyond those of the retry policy. */
const NUMBER = /^[1-9]\d{0,5}$/;

/** Passes the attempt that the request is about: the query parameter `attempt` of the handle, or 1 without it. */
export const Attempt = createParamDecorator(
  (_data: unknown, context: ExecutionContext): number => {
    const { attempt } = context.switchToHttp().getRequest<FastifyRequest>().query as { attempt?: unknown };
    if (attempt === undefined) return 1;
    if (typeof attempt === 'string' && NUMBER.test(attempt)) return Number(attempt);
    throw new InvalidRequest('The request is not valid', ['attempt: must be the number of an attempt, from 1']);
  },
  [
    (controller, method) => {
      const handler = Object.getOwnPropertyDescriptor(controller, method!)!;
      const description = 'The attempt that the request is about, as the handle names it.';
      ApiQuery({ name: 'attempt', required: false, description, schema: { type: 'integer', minimum: 1, default: 1 } })(
        controller,
        method!,
        handler,
      );
    },
  ],
);
