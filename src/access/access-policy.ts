import type { FastifyRequest } from 'fastify';
import type { Config } from '../config/config';
import { EXPLORER_PATH } from '../http/openapi';
import { isOpen } from '../http/open-paths';
import { type Problem, sentencedProblem } from '../http/problem';
import { AccessTokens } from './access-tokens';
import { FailedAttempts } from './failed-attempts';
import { HandleTokens, type Verdict } from './handle-tokens';

declare module 'fastify' {
  interface FastifyRequest {
    /** What is asked for may be shown without what its creator has put into it: bodies, metadata and rules. */
    lightOnly?: boolean;
  }
}

const EXPLORER = `/${EXPLORER_PATH}`;
const HANDLE_ROUTE = '/task/:id';
const HANDLE_METHODS: ReadonlySet<string> = new Set(['GET', 'PATCH', 'PUT']);
const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);
const READ_ONLY = 'The handle of a notification is for reading only; reports go to the handle of the start call';
/** So much of a body is read and thrown away, so that its sender is told why; more than that ends the connection. */
const MOST_DISCARDED_BYTES = 1_048_576;

/**
 * Decides by its headers, its route and its method whether a request may be answered. It is asked before anything of the
 * body is read, and by the route that was found, so that no spelling of a path leads past it.
 */
export class AccessPolicy {
  private readonly tokens: AccessTokens;
  private readonly handles: HandleTokens;
  private readonly failures = new FailedAttempts();

  private constructor(access: Config['access'], handles: HandleTokens) {
    this.tokens = new AccessTokens(access.tokens);
    this.handles = handles;
  }

  /** Undefined when everyone may call. */
  static of(access: Config['access']): AccessPolicy | undefined {
    const handles = HandleTokens.of(access);
    return handles && new AccessPolicy(access, handles);
  }

  /** The answer to whoever may not do this, or undefined. */
  refusalOf(request: FastifyRequest): Problem | undefined {
    if (isOpen(request.routeOptions.url ?? '')) return undefined;
    const token = presentedToken(request);
    if (token !== undefined && this.tokens.include(token)) return undefined;
    const verdict = this.verdictOn(request);
    if (verdict === 'report') return undefined;
    if (verdict === 'read') return this.readingOnly(request);
    if (verdict === 'expired') return unauthorized(request, 'The token of the handle has expired');
    if (verdict === 'invalid') return this.wrong(request, 'The token of the handle is not valid for this task');
    if (token !== undefined) return this.wrong(request, 'The token is not valid');
    return unauthorized(request, 'Authentication is required: a Bearer token in the header Authorization');
  }

  /** Undefined when no handle has led here. */
  private verdictOn({ method, routeOptions, params, query }: FastifyRequest): Verdict | undefined {
    if (routeOptions.url !== HANDLE_ROUTE || !HANDLE_METHODS.has(method)) return undefined;
    const { token } = query as { token?: unknown };
    if (token === undefined) return undefined;
    return typeof token === 'string'
      ? this.handles.verify((params as { id: string }).id.toLowerCase(), token)
      : 'invalid';
  }

  private readingOnly(request: FastifyRequest): Problem | undefined {
    if (!READING.has(request.method)) return sentencedProblem(403, READ_ONLY, framing(request));
    request.lightOnly = true;
    return undefined;
  }

  /** Only what was tried and failed is counted: a request without credentials guesses nothing. */
  private wrong(request: FastifyRequest, sentence: string): Problem {
    const retryAfterSecs = this.failures.add(request.ip);
    if (retryAfterSecs === 0) return unauthorized(request, sentence);
    const headers = { ...framing(request), 'retry-after': String(retryAfterSecs) };
    return sentencedProblem(429, 'Too many attempts to authenticate have failed', headers);
  }
}

/**
 * The token of `Authorization: Bearer`, or, for browsers, which can ask for nothing else, the password of
 * `Authorization: Basic`. Browsers send that by themselves, whoever makes them do it, so it is good for reading only.
 */
function presentedToken({ method, headers: { authorization } }: FastifyRequest): string | undefined {
  const [, scheme, credentials] = /^(bearer|basic) +(\S+) *$/i.exec(authorization ?? '') ?? [];
  if (scheme?.toLowerCase() !== 'basic') return credentials;
  if (!READING.has(method)) return undefined;
  const pair = Buffer.from(credentials, 'base64').toString();
  return pair.slice(pair.indexOf(':') + 1);
}

const BEARER = 'Bearer realm="Hookline"';
const BASIC = 'Basic realm="Hookline", charset="UTF-8"';

/** With a challenge that makes a browser ask for the token, but only where a person looks: scripts are to ask themselves. */
function unauthorized(request: FastifyRequest, sentence: string): Problem {
  const isSeen = request.headers.accept?.includes('text/html') || request.routeOptions.url?.startsWith(EXPLORER);
  const challenge = isSeen && READING.has(request.method) ? [BEARER, BASIC] : BEARER;
  return sentencedProblem(401, sentence, { ...framing(request), 'www-authenticate': challenge });
}

/** Nobody makes this service read a large body without a token. */
function framing({ headers }: FastifyRequest): Record<string, string> {
  const isLarge = Number(headers['content-length'] ?? 0) > MOST_DISCARDED_BYTES;
  return isLarge || headers['transfer-encoding'] !== undefined ? { connection: 'close' } : {};
}
