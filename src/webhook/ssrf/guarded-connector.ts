import type { LookupAddress, LookupAllOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { plainHost } from './names';
import type { TargetPolicy } from './target-policy';

/** Finds all addresses of a name, as `dns.lookup` does. */
export type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** The policy of targets does not allow this connection; nothing was sent. */
export class TargetRefused extends Error {
  constructor() {
    super('Webhook address is not allowed');
    this.name = TargetRefused.name;
  }
}

/**
 * Connects as undici does, but only where the policy allows. Names are judged by the very addresses that the
 * connection is then made to, so it does not matter what DNS answered before. If one address of several is refused, so
 * is the name: which one is taken would be chance.
 */
export function guardedConnector(
  policy: TargetPolicy,
  options: { timeout: number },
  resolve: Resolve,
): buildConnector.connector {
  const connect = buildConnector({ ...options, lookup: guardedLookup(policy, resolve) });
  return (target, callback) => {
    // Addresses are never looked up, and names may have been let in by a laxer configuration.
    if (policy.refuses(plainHost(target.hostname))) callback(new TargetRefused(), null);
    else connect(target, callback);
  };
}

function guardedLookup(policy: TargetPolicy, resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const host = plainHost(hostname);
      if (addresses.some(({ address }) => policy.refusesResolved(host, address))) callback(new TargetRefused(), []);
      else if (options.all) callback(null, addresses);
      else callback(null, addresses[0].address, addresses[0].family);
    });
  };
}
