import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';

/** Returns the addresses of each name in a file like `/etc/hosts`, IPv4 first. */
export function hostsOf(text: string): Map<string, LookupAddress[]> {
  const hosts = new Map<string, LookupAddress[]>();
  for (const line of text.split('\n')) {
    const [address, ...names] = line.split('#', 1)[0].trim().split(/\s+/);
    const family = isIP(address);
    if (family === 0) continue;
    for (const name of names) {
      const known = hosts.get(name.toLowerCase()) ?? [];
      hosts.set(name.toLowerCase(), [...known, { address, family }].sort(byFamily));
    }
  }
  return hosts;
}

const byFamily = (a: LookupAddress, b: LookupAddress): number => a.family - b.family;
