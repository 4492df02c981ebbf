/**
 * Suffixes of internal names: reserved for local use (RFC 6761, 6762, 8375; ICANN for `internal`), never delegated
 * because many networks use them, or assigned by container platforms. The metadata services of clouds are below
 * `internal` or have names without a dot.
 */
export const INSIDE_SUFFIXES: readonly string[] = [
  'localhost',
  'local',
  'localdomain',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
  'home.arpa',
  'svc',
  'kubernetes.default',
];

/**
 * Returns a host in the form that is compared: without the brackets of IPv6 and the trailing dot.
 * @param hostname as `URL` returns it: in lower case and Punycode, with odd spellings of IPv4 resolved
 */
export const plainHost = (hostname: string): string => hostname.replace(/^\[|\]$|\.$/g, '');

/** Returns the host of a URL in the form that is compared. */
export const hostOf = (url: string): string => plainHost(new URL(url).hostname);

/** Returns whether a part of the name between two dots is empty, which makes it invalid. */
export const hasEmptyLabel = (name: string): boolean => name.split('.').includes('');

/** Returns whether a name is the domain or below it. */
const isBelow = (name: string, domain: string): boolean => name === domain || name.endsWith(`.${domain}`);

/** A list of hosts, and of domains with a leading dot, which include all names below them. */
export class HostList {
  private readonly hosts: ReadonlySet<string>;
  private readonly domains: readonly string[];

  constructor(entries: readonly string[]) {
    const isDomain = (entry: string) => entry.startsWith('.');
    this.hosts = new Set(entries.filter((entry) => !isDomain(entry)).map((host) => hostOf(`http://${host}`)));
    this.domains = entries.filter(isDomain).map((domain) => hostOf(`http://${domain.slice(1)}`));
  }

  /** Returns how specifically the list names a host: 0 if not, more by a longer domain, `Infinity` by its own name. */
  closenessTo(host: string): number {
    if (this.hosts.has(host)) return Infinity;
    const lengths = this.domains.filter((domain) => isBelow(host, domain)).map(({ length }) => length);
    return Math.max(0, ...lengths);
  }
}
