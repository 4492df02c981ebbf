import type { FastifyRequest } from 'fastify';
import type { Problem } from '../http/problem';

/** Decides whether a request may be answered, before its body is read. An injection token as well. */
export abstract class RequestPolicy {
  /** Returns the answer to a request that is refused, or undefined. */
  abstract refusalOf(request: FastifyRequest): Problem | undefined;
}
