import type { FastifyRequest } from 'fastify';
import type { Config } from '../config/config';
import { EXPLORER_PATH } from '../http/openapi';
import { isOpen } from '../http/open-paths';
import { plainProblem, type Problem } from '../http/problem';
import { AccessTokens } from './access-tokens';
import { BulkAccess } from './bulk-access';
import { FailedAttempts } from './failed-attempts';
import { grantOf } from './handle-access';
import { HandleTokens } from './handle-tokens';
import { RequestPolicy } from './request-policy';

declare module 'fastify' {
  interface FastifyRequest {
    /** The answer must be the light form: without bodies, metadata and rules. */
    lightOnly?: boolean;
  }
}

const EXPLORER = `/${EXPLORER_PATH}`;
const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);
const READ_ONLY = 'The handle of a notification is read-only; use the handle of the start call';
const REQUIRED = 'Authentication required: send a Bearer token in the header Authorization';
const NO_ITEM = 'No item has a token that is valid for reports on its task';
/** Bodies up to this size are read and discarded, so that the client gets the answer; larger ones end the connection. */
const MAX_DISCARDED_BYTES = 1_048_576;

/**
 * Requires a token. It decides by headers, method and the matched route, so that no spelling of a path bypasses it.
 */
export class AccessPolicy extends RequestPolicy {
  private readonly tokens: AccessTokens;
  private readonly handles: HandleTokens;
  private readonly failures = new FailedAttempts();
  private readonly bulk: BulkAccess;

  private constructor(access: Config['access'], handles: HandleTokens) {
    super();
    this.tokens = new AccessTokens(access.tokens);
    this.handles = handles;
    this.bulk = new BulkAccess(handles);
  }

  /** Returns undefined if no token is configured. */
  static of(access: Config['access']): AccessPolicy | undefined {
    const handles = HandleTokens.of(access);
    return handles && new AccessPolicy(access, handles);
  }

  refusalOf(request: FastifyRequest): Problem | undefined {
    if (isOpen(request.routeOptions.url ?? '')) return undefined;
    const token = presentedToken(request);
    if (token !== undefined && this.tokens.include(token)) return undefined;
    const grant = grantOf(request, token, this.handles);
    if (!grant && token === undefined)
      return this.bulk.accepts(request) ? this.bulk.refusalOf(request) : unauthorized(request, REQUIRED);
    switch (grant?.check) {
      case 'report':
        request.handleOf = { taskId: grant.taskId, attempt: grant.attempt };
        return undefined;
      case 'read':
        return this.lightOnly(request);
      case 'expired':
        return unauthorized(request, 'The token of the handle has expired');
      case 'invalid':
        return this.wrong(request, 'The token of the handle is not valid for this request');
      default:
        return this.wrong(request, 'The token is not valid');
    }
  }

  refusalOfBody(request: FastifyRequest): Promise<Problem | undefined> | undefined {
    return request.needsItemTokens ? this.refusalOfItems(request) : undefined;
  }

  private async refusalOfItems(request: FastifyRequest): Promise<Problem | undefined> {
    const { refused, hasValid, hasWrong } = await this.bulk.check(request.body);
    request.refusedItems = refused;
    if (hasValid) return undefined;
    return hasWrong ? this.wrong(request, NO_ITEM) : unauthorized(request, `${REQUIRED}, or a token in each item`);
  }

  private lightOnly(request: FastifyRequest): Problem | undefined {
    if (!READING.has(request.method)) return plainProblem(403, READ_ONLY, framing(request));
    request.lightOnly = true;
    return undefined;
  }

  /** Counts a wrong token. Requests without credentials are not counted, as they guess nothing. */
  private wrong(request: FastifyRequest, sentence: string): Problem {
    const retryAfterSecs = this.failures.add(request.ip);
    if (retryAfterSecs === 0) return unauthorized(request, sentence);
    const headers = { ...framing(request), 'retry-after': String(retryAfterSecs) };
    return plainProblem(429, 'Too many failed attempts to authenticate', headers);
  }
}

/**
 * Returns the token of `Authorization: Bearer`, or the password of `Authorization: Basic`, the only scheme browsers ask
 * for. Other sites can make a browser send its Basic credentials, so those are read-only.
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

/** Returns a 401. Its challenge makes browsers ask for the token only on pages, not for requests of scripts. */
function unauthorized(request: FastifyRequest, sentence: string): Problem {
  const isPage = request.headers.accept?.includes('text/html') || request.routeOptions.url?.startsWith(EXPLORER);
  const challenge = isPage && READING.has(request.method) ? [BEARER, BASIC] : BEARER;
  return plainProblem(401, sentence, { ...framing(request), 'www-authenticate': challenge });
}

/** Ends the connection instead of reading a large body of a client without a token. */
function framing({ headers }: FastifyRequest): Record<string, string> {
  const isLarge = Number(headers['content-length'] ?? 0) > MAX_DISCARDED_BYTES;
  return isLarge || headers['transfer-encoding'] !== undefined ? { connection: 'close' } : {};
}
