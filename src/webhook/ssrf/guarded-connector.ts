import type { LookupAddress, LookupAllOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { plainHost } from './names';
import type { TargetPolicy } from './target-policy';

/** Finds all addresses of a name, with the signature of `dns.lookup`. */
export type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** The target policy does not allow a connection; nothing was sent. */
export class TargetRefused extends Error {
  constructor() {
    super('Webhook address is not allowed');
    this.name = TargetRefused.name;
  }
}

/**
 * Connects as undici does, but only to allowed targets. The policy checks the same addresses that the connection then
 * uses, so earlier answers of DNS do not matter. A name is refused if one of its addresses is, because any could be used.
 */
export function guardedConnector(
  policy: TargetPolicy,
  options: { timeout: number },
  resolve: Resolve,
): buildConnector.connector {
  const connect = buildConnector({ ...options, lookup: guardedLookup(policy, resolve) });
  return (target, callback) => {
    // An address in the URL needs no look-up, and a name may have been accepted under an older configuration.
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
