import type { FastifyRequest } from 'fastify';
import type { Config } from '../config/config';
import { inBrackets } from '../config/hosts';
import { InvalidRequest } from '../domain/errors';
import { plainProblem, type Problem, problemOf } from '../http/problem';
import { isOwnOrigin } from './own-pages';
import { RequestPolicy } from './request-policy';

/** Methods that change nothing (RFC 9110, 9.2.1). */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];
/** `none`: a person typed the address. */
const OWN_SITES: ReadonlySet<string> = new Set(['same-origin', 'none']);

/**
 * Protects a service without tokens from web pages in a browser on the same machine. A page of another origin cannot
 * change anything. On a loopback address, unknown names in Host are refused too: with DNS rebinding, a page could point
 * its own name here and pass as the same origin.
 */
export class LoopbackPolicy extends RequestPolicy {
  private readonly ownOrigin: string;
  private readonly hosts?: ReadonlySet<string>;

  constructor({ hostUrl, listen }: Pick<Config, 'hostUrl' | 'listen'>) {
    super();
    const { origin, hostname } = new URL(hostUrl);
    this.ownOrigin = origin;
    if (listen.loopbackOnly) this.hosts = new Set([...LOCAL_HOSTS, hostname, ...listen.addresses.map(inBrackets)]);
  }

  refusalOf({ method, headers }: FastifyRequest): Problem | undefined {
    const { host, origin, 'sec-fetch-site': site } = headers;
    if (this.hosts && host !== undefined && !this.hosts.has(hostnameOf(host)))
      return refusal('Host does not name this service; without AUTH_TOKEN, set HOST_URL to that name');
    if (SAFE_METHODS.has(method)) return undefined;
    const isOwn =
      typeof site === 'string'
        ? OWN_SITES.has(site)
        : origin === undefined || isOwnOrigin(origin, host, this.ownOrigin);
    return isOwn
      ? undefined
      : refusal('Requests from web pages of other origins are refused while AUTH_TOKEN is not set');
  }

  refusalOfBody(): undefined {
    return undefined;
  }

  signIn(): Problem {
    return problemOf(new InvalidRequest('Signing in is not needed, as AUTH_TOKEN is not set'));
  }
}

const hostnameOf = (host: string): string => host.toLowerCase().replace(/:\d*$/, '');

const refusal = (sentence: string): Problem => plainProblem(403, sentence);
