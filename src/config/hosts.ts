import { parseUrl } from '../domain/url';
import ipaddr from 'ipaddr.js';
import { isIP, isIPv6 } from 'node:net';

// What `URL` leaves of a name: lower case and Punycode. A pattern such as `*.example.com` is none.
const NAME = /^([a-z0-9_-]+\.)*[a-z0-9_-]+\.?$/;

/** Whether a text is a host as it can stand in a URL, a name or an address, and nothing more. */
export function isHostName(text: string): boolean {
  if (!parseUrl(`http://${text}`)) return false;
  const { href, hostname } = new URL(`http://${text}`);
  return href === `http://${hostname}/` && (NAME.test(hostname) || hostname.startsWith('['));
}

/** Whether a text is such a host, or a domain with a leading dot, which stands for itself and all names below it. */
export function isHostOrDomain(text: string): boolean {
  const host = text.replace(/^\./, '');
  const isAddress = isIP(host) !== 0 || host.startsWith('[');
  return isHostName(host) && !(isAddress && host !== text);
}

/** A host as it stands in a URL: IPv6 addresses may come without brackets. */
export function inBrackets(text: string): string {
  const host = text.trim();
  return isIPv6(host) ? `[${host}]` : host;
}

/** A domain, whether it is written `corp.example`, `.corp.example` or `*.corp.example`. */
export const withoutWildcard = (domain: string): string => domain.trim().replace(/^\*?\./, '');

/** Whether a text is an address or a range of these; short and octal IPv4, of which nobody knows what it means, is none. */
export function isAddressOrCidr(text: string): boolean {
  return isIP(text.split('/')[0]) !== 0 && (ipaddr.isValid(text) || ipaddr.isValidCIDR(text));
}

/** Tells whether a text is a URL of one of these protocols. */
export function isUrlOf(protocols: readonly string[]) {
  return (value: string): boolean => protocols.includes(parseUrl(value)?.protocol ?? '');
}

/** Tells whether receivers can be sent to paths below this URL. */
export function isBase(value: string): boolean {
  if (!isUrlOf(['http:', 'https:'])(value)) return false;
  const { username, password, search, hash } = new URL(value);
  return [username, password, search, hash].every((part) => part === '');
}

/** Tells whether only this machine can connect to an address. */
export const isLoopback = (address: string): boolean => ipaddr.process(address).range() === 'loopback';
