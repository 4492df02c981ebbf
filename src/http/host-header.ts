import type { IncomingMessage } from 'node:http';
import { InvalidRequest } from '../domain/errors';

/** Characters that RFC 3986 allows in a host and a port; may be empty. */
const HOST = /^[\w.~!$&'()*+,;=%:[\]-]*$/;

/** Returns the fault of a missing, malformed or repeated Host header. Node would silently drop a second one. */
export function hostFaultOf({ headers: { host }, rawHeaders, httpVersion }: IncomingMessage): Error | undefined {
  if (host === undefined) return httpVersion === '1.1' ? new InvalidRequest('The header Host is missing') : undefined;
  if (!HOST.test(host)) return new InvalidRequest('The header Host is malformed');
  return isRepeated('host', rawHeaders) ? new InvalidRequest('The header Host must not be repeated') : undefined;
}

/** @param rawHeaders names and values in turn. */
function isRepeated(name: string, rawHeaders: readonly string[]): boolean {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const header = rawHeaders[index];
    if (header.length === name.length && header.toLowerCase() === name) count++;
  }
  return count > 1;
}
