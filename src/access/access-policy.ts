import type { FastifyRequest } from 'fastify';
import type { Config } from '../config/config';
import type { Client } from '../config/tokens';
import { isOpen } from '../http/open-paths';
import type { Problem } from '../http/problem';
import { AccessTokens } from './access-tokens';
import { BulkAccess } from './bulk-access';
import { grantOf } from './handle-access';
import { type HandleGrant, HandleTokens } from './handle-tokens';
import { isFromOwnPage } from './own-pages';
import { READING, Refusals } from './refusals';
import { RequestPolicy } from './request-policy';
import { Sessions } from './sessions';

declare module 'fastify' {
  interface FastifyRequest {
    /** The answer must be the light form: without bodies, metadata and rules. */
    lightOnly?: boolean;
  }
}

type AccessConfig = Pick<Config, 'access' | 'hostUrl' | 'basePath'>;

const READ_ONLY_HANDLE = 'The handle of a notification is read-only; use the handle of the start call';
const READ_ONLY_TOKEN = 'The token is read-only: it allows GET and HEAD';
const FOREIGN_PAGE = 'A session is accepted only from pages of this service; send a Bearer token instead';
const REQUIRED = 'Authentication required: send a Bearer token in the header Authorization';
const NOT_VALID = 'The token is not valid';
const NO_ITEM = 'No item has a token that is valid for reports on its task';

/**
 * Requires a token, or the session of a person who signed in with one. It decides by headers, method and the matched route,
 * so that no spelling of a path bypasses it.
 */
export class AccessPolicy extends RequestPolicy {
  private readonly tokens: AccessTokens;
  private readonly sessions: Sessions;
  private readonly refusals = new Refusals();
  private readonly bulk: BulkAccess;
  private readonly ownOrigin: string;

  private constructor(
    config: AccessConfig,
    private readonly handles: HandleTokens,
  ) {
    super();
    this.tokens = new AccessTokens(config.access.tokens);
    this.sessions = new Sessions(config.access.tokens, config);
    this.bulk = new BulkAccess(handles);
    this.ownOrigin = new URL(config.hostUrl).origin;
  }

  /** Returns undefined if no token is configured. */
  static of(config: AccessConfig): AccessPolicy | undefined {
    const handles = HandleTokens.of(config.access);
    return handles && new AccessPolicy(config, handles);
  }

  refusalOf(request: FastifyRequest): Problem | undefined {
    if (isOpen(request.routeOptions.url ?? '', request.method)) return undefined;
    const token = presentedToken(request);
    const client = token === undefined ? this.sessions.clientOf(request.headers.cookie) : this.tokens.find(token);
    const refusal = client && this.refusalOfClient(request, client, token === undefined);
    if (client && !refusal) {
      request.client = client;
      return undefined;
    }
    // Tokens of handles allow their receivers the same, whatever else the request carries.
    const grant = grantOf(request, token, this.handles);
    if (grant) return this.refusalOfHandle(request, grant);
    const hasCredentials = token !== undefined || refusal !== undefined;
    const refuse = () => refusal ?? this.refusals.wrong(request, NOT_VALID);
    if (this.bulk.accepts(request)) return this.bulk.refusalOf(request, hasCredentials ? refuse : undefined);
    return hasCredentials ? refuse() : this.refusals.unauthorized(request, REQUIRED);
  }

  refusalOfBody(request: FastifyRequest): Promise<Problem | undefined> | undefined {
    return request.needsItemTokens ? this.refusalOfItems(request) : undefined;
  }

  signIn(request: FastifyRequest, token: string): string | Problem {
    const found = this.tokens.find(token);
    return found ? this.sessions.cookieFor(found) : this.refusals.wrong(request, NOT_VALID);
  }

  /** Returns what a known client may not do. Other sites can make a browser send its cookie, so a session must prove more. */
  private refusalOfClient(request: FastifyRequest, { access }: Client, isSession: boolean): Problem | undefined {
    if (READING.has(request.method)) return undefined;
    if (access === 'read') return this.refusals.forbidden(request, READ_ONLY_TOKEN);
    if (!isSession || isFromOwnPage(request.headers, this.ownOrigin)) return undefined;
    return this.refusals.forbidden(request, FOREIGN_PAGE);
  }

  private refusalOfHandle(request: FastifyRequest, { taskId, attempt, check }: HandleGrant): Problem | undefined {
    switch (check) {
      case 'report':
        request.handleOf = { taskId, attempt };
        return undefined;
      case 'read':
        return this.lightOnly(request);
      case 'expired':
        return this.refusals.unauthorized(request, 'The token of the handle has expired');
      case 'invalid':
        return this.refusals.wrong(request, 'The token of the handle is not valid for this request');
    }
  }

  private async refusalOfItems(request: FastifyRequest): Promise<Problem | undefined> {
    const { refused, hasValid, hasWrong } = await this.bulk.check(request.body);
    request.refusedItems = refused;
    if (hasValid) return undefined;
    if (request.refuseCredentials) return request.refuseCredentials();
    if (hasWrong) return this.refusals.wrong(request, NO_ITEM);
    return this.refusals.unauthorized(request, `${REQUIRED}, or a token in each item`);
  }

  private lightOnly(request: FastifyRequest): Problem | undefined {
    if (!READING.has(request.method)) return this.refusals.forbidden(request, READ_ONLY_HANDLE);
    request.lightOnly = true;
    return undefined;
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
