import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;
export type Cidr = [Address, number];

// The library counts IPv6 addresses outside of this range as public, although none is assigned.
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
// Networks with DNS64 reach all IPv4 hosts through this range, so it cannot be refused as a whole.
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');
// Belongs to no special range, but gives machines at Azure data about themselves.
const AZURE_PLATFORM = '168.63.129.16';

/**
 * Returns the address that a connection really reaches: the IPv4 address in an IPv4-mapped or NAT64 address, or else the
 * address itself. Returns undefined if the text is not an address.
 */
export function reachedBy(text: string): Address | undefined {
  if (!ipaddr.isValid(text)) return undefined;
  const address = ipaddr.process(text);
  const isTranslated = address.kind() === 'ipv6' && address.match(NAT64);
  return isTranslated ? new ipaddr.IPv4(address.toByteArray().slice(-4)) : address;
}

/**
 * Returns whether an address is public. Ranges with a special purpose are not; nor are the retired tunnels 6to4 and
 * Teredo and the local NAT64 range, because they lead to IPv4 addresses that were not checked.
 */
export function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' ? address.toString() !== AZURE_PLATFORM : address.match(GLOBAL_UNICAST);
}

/** Parses a range; a single address is a range of one. */
export function rangeOf(text: string): Cidr {
  if (text.includes('/')) return ipaddr.parseCIDR(text);
  const address = ipaddr.process(text);
  return [address, address.toByteArray().length * 8];
}

/** Returns whether an address lies in one of the ranges. */
export function isWithin(address: Address, ranges: readonly Cidr[]): boolean {
  return ranges.some((range) => range[0].kind() === address.kind() && address.match(range));
}
