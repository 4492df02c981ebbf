import type { IncomingHttpHeaders } from 'node:http';

/**
 * Returns whether an `Origin` is that of `HOST_URL`, or has the host of the request, which differs behind a proxy. Of the
 * request the scheme is unknown: a proxy may have ended TLS.
 */
export function isOwnOrigin(origin: string, host: string | undefined, ownOrigin: string): boolean {
  const from = origin.toLowerCase();
  if (from === ownOrigin) return true;
  return host !== undefined && /^https?:\/\/(.+)$/.exec(from)?.[1] === host.toLowerCase();
}

/** Returns whether a browser says that a page of this service sent a request. Nothing else can say so. */
export function isFromOwnPage(headers: IncomingHttpHeaders, ownOrigin: string): boolean {
  const { host, origin, 'sec-fetch-site': site } = headers;
  if (site !== undefined) return site === 'same-origin';
  return origin !== undefined && isOwnOrigin(origin, host, ownOrigin);
}
