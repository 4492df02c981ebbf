import type { FastifyRequest } from 'fastify';
import type { Config } from '../config/config';
import { inBrackets } from '../config/hosts';
import { type Problem, sentencedProblem } from '../http/problem';

/** Methods that change nothing (RFC 9110, 9.2.1). */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];
/** `none` is the person who types an address. */
const OWN_SITES: ReadonlySet<string> = new Set(['same-origin', 'none']);

/**
 * Protects a service that asks for no token from the web pages that are open in a browser beside it. A page of another
 * origin may change nothing. Where only this machine can connect, a host that is not its own is refused too: a page
 * could have pointed its own name here (DNS rebinding), and would then count as the same origin.
 */
export class LoopbackPolicy {
  private readonly ownHost: string;
  private readonly hosts?: ReadonlySet<string>;

  constructor({ hostUrl, listen }: Pick<Config, 'hostUrl' | 'listen'>) {
    const { host, hostname } = new URL(hostUrl);
    this.ownHost = host;
    if (listen.loopbackOnly) this.hosts = new Set([...LOCAL_HOSTS, hostname, ...listen.addresses.map(inBrackets)]);
  }

  /** Returns the answer to a request that may come from a foreign page, or undefined. */
  refusalOf({ method, headers }: FastifyRequest): Problem | undefined {
    const { host, origin, 'sec-fetch-site': site } = headers;
    if (this.hosts && host !== undefined && !this.hosts.has(hostnameOf(host)))
      return refusal('Host is not a name of this service; without AUTH_TOKEN, set HOST_URL to that name');
    if (SAFE_METHODS.has(method)) return undefined;
    const isOwn = typeof site === 'string' ? OWN_SITES.has(site) : origin === undefined || this.isOwn(origin, host);
    return isOwn
      ? undefined
      : refusal('Requests from web pages of other origins are refused while AUTH_TOKEN is not set');
  }

  private isOwn(origin: string, host: string | undefined): boolean {
    const from = /^https?:\/\/(.+)$/i.exec(origin)?.[1].toLowerCase();
    return from !== undefined && (from === host?.toLowerCase() || from === this.ownHost);
  }
}

const hostnameOf = (host: string): string => host.toLowerCase().replace(/:\d*$/, '');

const refusal = (sentence: string): Problem => sentencedProblem(403, sentence, {});
