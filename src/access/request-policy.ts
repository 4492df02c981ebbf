import type { FastifyRequest } from 'fastify';
import type { Problem } from '../http/problem';

/** Decides whether a request may be answered; nearly always before its body is read. Also serves as the injection token. */
export abstract class RequestPolicy {
  /** Returns the problem that refuses the request, or undefined if the request is allowed. */
  abstract refusalOf(request: FastifyRequest): Problem | undefined;

  /**
   * Resolves to the problem that refuses the request because of its body, or undefined if the request is allowed. Nearly all
   * bodies need no check, and no promise is made for them: it would cost every request time.
   */
  abstract refusalOfBody(request: FastifyRequest): Promise<Problem | undefined> | undefined;

  /** Returns the `Set-Cookie` of a new session, or the problem that refuses it. */
  abstract signIn(request: FastifyRequest, token: string): string | Problem;
}
