import type { IncomingHttpHeaders } from 'node:http';

/** Returns whether an `Origin` has the host of the request or of `HOST_URL`, which differ behind a proxy. */
export function isOwnOrigin(origin: string, host: string | undefined, ownHost: string): boolean {
  const from = /^https?:\/\/(.+)$/i.exec(origin)?.[1].toLowerCase();
  return from !== undefined && (from === host?.toLowerCase() || from === ownHost);
}

/** Returns whether a browser says that a page of this service sent a request. Nothing else can say so. */
export function isFromOwnPage(headers: IncomingHttpHeaders, ownHost: string): boolean {
  const { host, origin, 'sec-fetch-site': site } = headers;
  if (site !== undefined) return site === 'same-origin';
  return origin !== undefined && isOwnOrigin(origin, host, ownHost);
}
