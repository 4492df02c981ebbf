import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemOf, send } from './problem';

/** Answers errors of handlers, parsers and the router with a problem document; logs unexpected ones. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = problemOf(error);
    if (problem.status === 500) {
      // The route's pattern, not the URL: a query may hold secrets.
      const what = `${request.method} ${request.routeOptions.url ?? '(no route)'} failed`;
      this.logger.error(what, error instanceof Error ? error.stack : String(error));
    }
    // A problem document would corrupt an answer that has begun.
    if (reply.sent || reply.raw.headersSent) return;
    send(reply, problem);
  }
}
