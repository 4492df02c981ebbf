import { isIP, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { parseUrl } from '../domain/url';

// A name as `URL` normalises it: lower case and Punycode. Patterns such as `*.example.com` do not match.
const NAME = /^([a-z0-9_-]+\.)*[a-z0-9_-]+\.?$/;

/** Tells whether a text is just a host as in a URL: a name or an address. */
export function isHostName(text: string): boolean {
  if (!parseUrl(`http://${text}`)) return false;
  const { href, hostname } = new URL(`http://${text}`);
  return href === `http://${hostname}/` && (NAME.test(hostname) || hostname.startsWith('['));
}

/** Tells whether a text is a host as in a URL, or a domain with a leading dot, which includes all of its subdomains. */
export function isHostOrDomain(text: string): boolean {
  const host = text.replace(/^\./, '');
  const isAddress = isIP(host) !== 0 || host.startsWith('[');
  return isHostName(host) && !(isAddress && host !== text);
}

/** Returns a host as in a URL, with brackets around an IPv6 address. */
export function inBrackets(text: string): string {
  const host = text.trim();
  return isIPv6(host) ? `[${host}]` : host;
}

/** A domain, whether it is written `corp.example`, `.corp.example` or `*.corp.example`. */
export const withoutWildcard = (domain: string): string => domain.trim().replace(/^\*?\./, '');

/** Tells whether a text is an IP address or range. Short and octal forms of IPv4 are ambiguous and do not count. */
export function isAddressOrCidr(text: string): boolean {
  return isIP(text.split('/')[0]) !== 0 && (ipaddr.isValid(text) || ipaddr.isValidCIDR(text));
}

/** Returns a predicate for URLs of these protocols. */
export function isUrlOf(protocols: readonly string[]) {
  return (value: string): boolean => protocols.includes(parseUrl(value)?.protocol ?? '');
}

/** Tells whether callback URLs can start with this URL. */
export function isBase(value: string): boolean {
  if (!isUrlOf(['http:', 'https:'])(value)) return false;
  const { username, password, search, hash } = new URL(value);
  return [username, password, search, hash].every((part) => part === '');
}

/** Tells whether an address can be reached from this machine only. */
export const isLoopback = (address: string): boolean => ipaddr.process(address).range() === 'loopback';
