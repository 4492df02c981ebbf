import type { FastifyRequest } from 'fastify';
import { EXPLORER_PATH } from '../http/openapi';
import { plainProblem, type Problem } from '../http/problem';
import { FailedAttempts } from './failed-attempts';

const EXPLORER = `/${EXPLORER_PATH}`;
const BEARER = 'Bearer realm="Hookline"';
const BASIC = 'Basic realm="Hookline", charset="UTF-8"';
/** Bodies up to this size are read and discarded, so that the client gets the answer; larger ones end the connection. */
const MAX_DISCARDED_BYTES = 1_048_576;

/** Methods for which a read-only token is enough. */
export const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Answers requests without access. */
export class Refusals {
  private readonly failures = new FailedAttempts();

  /** Returns a 401. Its challenge makes browsers ask for the token only on pages, not for requests of scripts. */
  unauthorized(request: FastifyRequest, sentence: string): Problem {
    const isPage = request.headers.accept?.includes('text/html') || request.routeOptions.url?.startsWith(EXPLORER);
    const challenge = isPage && READING.has(request.method) ? [BEARER, BASIC] : BEARER;
    return plainProblem(401, sentence, { ...framing(request), 'www-authenticate': challenge });
  }

  /** Counts a wrong token. Requests without credentials are not counted, as they guess nothing. */
  wrong(request: FastifyRequest, sentence: string): Problem {
    const retryAfterSecs = this.failures.add(request.ip);
    if (retryAfterSecs === 0) return this.unauthorized(request, sentence);
    const headers = { ...framing(request), 'retry-after': String(retryAfterSecs) };
    return plainProblem(429, 'Too many failed attempts to authenticate', headers);
  }

  /** Returns a 403: the credentials do not allow the request. */
  forbidden(request: FastifyRequest, sentence: string): Problem {
    return plainProblem(403, sentence, framing(request));
  }
}

/** Ends the connection instead of reading a large body of a client without access. */
function framing({ headers }: FastifyRequest): Record<string, string> {
  const isLarge = Number(headers['content-length'] ?? 0) > MAX_DISCARDED_BYTES;
  return isLarge || headers['transfer-encoding'] !== undefined ? { connection: 'close' } : {};
}
