/**
 * Ends of names that lead nowhere, or inside: reserved for local use (RFC 6761, 6762, 8375; ICANN for `internal`),
 * never delegated because so many networks use them, or given out by container platforms. The metadata services of
 * clouds are below `internal` or have names without a dot.
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
 * A host as it is compared: without the brackets of IPv6 and the dot of the root.
 * @param hostname as `URL` gives it: in lower case, in Punycode, odd spellings of IPv4 resolved.
 */
export const plainHost = (hostname: string): string => hostname.replace(/^\[|\]$|\.$/g, '');

/** The host of a URL, as it is compared. */
export const hostOf = (url: string): string => plainHost(new URL(url).hostname);

/** Whether a part of the name between two dots is empty, so that it is none. */
export const hasEmptyLabel = (name: string): boolean => name.split('.').includes('');

/** Whether a name is that of the domain, or of something below it. */
export const isBelow = (name: string, domain: string): boolean => name === domain || name.endsWith(`.${domain}`);

/** Hosts by their names, and domains with a leading dot, which stand for themselves and all names below them. */
export class HostList {
  private readonly hosts: ReadonlySet<string>;
  private readonly domains: readonly string[];

  constructor(entries: readonly string[]) {
    const isDomain = (entry: string) => entry.startsWith('.');
    this.hosts = new Set(entries.filter((entry) => !isDomain(entry)).map((host) => hostOf(`http://${host}`)));
    this.domains = entries.filter(isDomain).map((domain) => hostOf(`http://${domain.slice(1)}`));
  }

  /** How closely the list describes a host: 0 if not at all, more by a longer domain, most by its very name. */
  closenessTo(host: string): number {
    if (this.hosts.has(host)) return Infinity;
    const lengths = this.domains.filter((domain) => isBelow(host, domain)).map(({ length }) => length);
    return Math.max(0, ...lengths);
  }
}
