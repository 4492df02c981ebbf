import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;
export type Cidr = [Address, number];

// Where the Internet is: to the library, IPv6 addresses that were never assigned are as good as any.
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
// Networks with DNS64 reach every IPv4 host through here, so the range as a whole cannot be refused.
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');
// Belongs to no special range, but answers only machines at Azure, and them about themselves.
const AZURE_PLATFORM = '168.63.129.16';

/**
 * The address that is really reached by way of this one: the IPv4 address in an IPv4-mapped or NAT64 one, otherwise
 * the address itself.
 * @returns undefined for what is no address.
 */
export function reachedBy(text: string): Address | undefined {
  if (!ipaddr.isValid(text)) return undefined;
  const address = ipaddr.process(text);
  const isTranslated = address.kind() === 'ipv6' && address.match(NAT64);
  return isTranslated ? new ipaddr.IPv4(address.toByteArray().slice(-4)) : address;
}

/**
 * Whether anyone on the Internet could be there. Ranges with a purpose of their own are not public, among them the
 * retired tunnels 6to4 and Teredo and the local NAT64 range: they lead to IPv4 addresses that nobody has judged.
 */
export function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' ? address.toString() !== AZURE_PLATFORM : address.match(GLOBAL_UNICAST);
}

/** The range that a text stands for: one address is a range, too. */
export function rangeOf(text: string): Cidr {
  if (text.includes('/')) return ipaddr.parseCIDR(text);
  const address = ipaddr.process(text);
  return [address, address.toByteArray().length * 8];
}

/** Whether the address lies in one of the ranges. */
export function isWithin(address: Address, ranges: readonly Cidr[]): boolean {
  return ranges.some((range) => range[0].kind() === address.kind() && address.match(range));
}
